import path from "node:path";

/** The facts about a machine that decide where a browser can be. A plain object, so that tests can make one up. */
export interface Machine {
  platform: NodeJS.Platform;
  env: Record<string, string | undefined>;
  /** The user may install packages without a password. */
  isRoot: boolean;
  /** The path of Playwright's own Chromium, whether it is installed or not. */
  playwrightPath: string;
  exists: (file: string) => boolean;
}

// The program names of distributions and vendors. The headless shell is first, because it needs half the time. Edge is last,
// because it differs the most from Chromium.
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
 * Lists the programs on a machine that look like Chromium or Chrome, the most likely first, each once. `CHROMIUM_PATH` is
 * not among them, because it excludes all others.
 */
export function browserCandidates(machine: Machine): string[] {
  const all = [...namesOnPath(NAMES, machine), ...installedApps(machine), machine.playwrightPath];
  return [...new Set(all)].filter((file) => file !== "" && machine.exists(file));
}

/** The programs with one of these names on the machine's PATH, ordered by name, then by folder. */
function namesOnPath(names: string[], machine: Machine): string[] {
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

export interface Command {
  program: string;
  args: string[];
  env?: Record<string, string>;
  timeoutSeconds: number;
  /** The plan continues if this command fails. */
  mayFail?: boolean;
}

/** One way to get a browser onto the machine. */
export interface InstallPlan {
  title: string;
  commands: Command[];
}

// Playwright tries five times. An unreachable download host must not delay the next plan for long.
const CONNECT_MILLISECONDS = "8000";

/**
 * Lists the ways to install a browser, in the order to try them. Playwright's download needs no rights and is the same on
 * all systems. The system's packages need root, or `sudo` without a password.
 * @param machine the machine to install on
 * @param node the Node.js program to run Playwright's command line with
 * @param playwrightCli the path of that command line
 */
export function installPlans(machine: Machine, node: string, playwrightCli: string): InstallPlan[] {
  const download: InstallPlan = {
    title: "downloading Playwright's Chromium",
    commands: [
      {
        program: node,
        args: [playwrightCli, "install", "--no-shell", "chromium"],
        env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: CONNECT_MILLISECONDS },
        timeoutSeconds: 300,
      },
    ],
  };
  const [sudo] = namesOnPath(["sudo"], machine);
  const [apt] = namesOnPath(["apt-get"], machine);
  if (machine.platform !== "linux" || apt === undefined || !(machine.isRoot || sudo !== undefined)) {
    return [download];
  }
  const asRoot = (command: Command): Command =>
    machine.isRoot || sudo === undefined
      ? command
      : { ...command, program: sudo, args: ["-n", command.program, ...command.args] };

  // Needed only if the download succeeded but does not start.
  const libraries: InstallPlan = {
    title: "installing the libraries that Playwright's Chromium needs",
    commands: [
      asRoot({ program: node, args: [playwrightCli, "install-deps", "chromium"], timeoutSeconds: 300 }),
    ],
  };
  return [
    download,
    ...(machine.exists(machine.playwrightPath) ? [libraries] : []),
    { title: "installing Chromium with apt-get", commands: aptCommands(apt).map(asRoot) },
  ];
}

function aptCommands(apt: string): Command[] {
  // As arguments of `env`, because sudo drops the environment. A package must never wait for an answer to a question.
  const quiet = [
    "DEBIAN_FRONTEND=noninteractive",
    apt,
    "-o",
    "DPkg::Lock::Timeout=60",
    "-o",
    "Acquire::Retries=1",
  ];
  return [
    // A broken third-party source makes the update fail, which is harmless.
    { program: "env", args: [...quiet, "update"], timeoutSeconds: 120, mayFail: true },
    {
      program: "env",
      args: [...quiet, "install", "-y", "--no-install-recommends", "chromium"],
      timeoutSeconds: 300,
    },
  ];
}
