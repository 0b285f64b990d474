import path from "node:path";

/** The facts about a machine that decide where a browser may be; a plain object, so that tests can make one up. */
export interface Machine {
  platform: NodeJS.Platform;
  env: Record<string, string | undefined>;
  /** The user may install packages without being asked for a password. */
  isRoot: boolean;
  /** Where Playwright keeps the Chromium of its own version, whether or not it is there yet. */
  playwrightPath: string;
  exists: (file: string) => boolean;
}

// The names that distributions and vendors give to it. First the one without windows: it needs half the time and no less
// of a browser. Edge last: it is Chromium too, but the least like it.
const NAMES = [
  "chromium-headless-shell",
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "chrome",
  "microsoft-edge",
  "microsoft-edge-stable",
];

const MAC_APPS = ["Chromium", "Google Chrome", "Microsoft Edge"];

const WINDOWS_PROGRAMS = [
  "Chromium\\Application\\chrome.exe",
  "Google\\Chrome\\Application\\chrome.exe",
  "Microsoft\\Edge\\Application\\msedge.exe",
];

/**
 * Lists the programs on a machine that look like Chromium or Chrome, the likeliest first, each once.
 * `CHROMIUM_PATH` is not among them: who sets it wants that browser and no other.
 */
export function browserCandidates(machine: Machine): string[] {
  const all = [...namesOnPath(NAMES, machine), ...installedApps(machine), machine.playwrightPath];
  return [...new Set(all)].filter((file) => file !== "" && machine.exists(file));
}

/** Where a program of one of these names stands on the machine's PATH: by name first, then by folder. */
export function namesOnPath(names: string[], machine: Machine): string[] {
  const { join, delimiter } = machine.platform === "win32" ? path.win32 : path.posix;
  const folders = (machine.env.PATH ?? machine.env.Path ?? "").split(delimiter).filter(Boolean);
  const suffix = machine.platform === "win32" ? ".exe" : "";
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name + suffix)))
    .filter((file) => machine.exists(file));
}

function installedApps({ platform, env }: Machine): string[] {
  if (platform === "darwin") {
    const folders = ["/Applications", path.posix.join(env.HOME ?? "", "Applications")];
    return folders.flatMap((folder) => MAC_APPS.map((app) => `${folder}/${app}.app/Contents/MacOS/${app}`));
  }
  if (platform === "win32") {
    const folders = [env.ProgramFiles, env["ProgramFiles(x86)"], env.LOCALAPPDATA];
    return folders
      .filter((folder) => folder !== undefined)
      .flatMap((folder) => WINDOWS_PROGRAMS.map((program) => path.win32.join(folder, program)));
  }
  return [];
}
