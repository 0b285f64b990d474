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
const NAMES =
  "chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable chrome microsoft-edge microsoft-edge-stable";

const MAC_APPS = ["Chromium", "Google Chrome", "Microsoft Edge"];

const WINDOWS_PROGRAMS = [
  "Chromium\\Application\\chrome",
  "Google\\Chrome\\Application\\chrome",
  "Microsoft\\Edge\\Application\\msedge",
];

/**
 * Lists the programs on a machine that look like Chromium or Chrome, the most likely first, each once. `CHROMIUM_PATH` is
 * not among them, because it excludes all others.
 */
export function browserCandidates(machine: Machine): string[] {
  const all = [...programs(NAMES.split(" "), machine), ...installedApps(machine), machine.playwrightPath];
  return [...new Set(all)].filter((file) => file !== "" && machine.exists(file));
}

/** The programs with one of these names on the machine's PATH, ordered by name, then by folder. */
function programs(names: string[], { platform, env, exists }: Machine): string[] {
  const { join, delimiter } = platform === "win32" ? path.win32 : path.posix;
  const folders = (env.PATH ?? env.Path ?? "").split(delimiter).filter(Boolean);
  const files = names.map((name) => (platform === "win32" ? `${name}.exe` : name));
  return files.flatMap((file) => folders.map((folder) => join(folder, file))).filter(exists);
}

function installedApps({ platform, env }: Machine): string[] {
  if (platform === "darwin") {
    const folders = ["/Applications", path.posix.join(env.HOME ?? "", "Applications")];
    return folders.flatMap((folder) => MAC_APPS.map((app) => `${folder}/${app}.app/Contents/MacOS/${app}`));
  }
  const windows = [env.ProgramFiles, env["ProgramFiles(x86)"], env.LOCALAPPDATA];
  const folders = platform === "win32" ? windows.filter((folder) => folder !== undefined) : [];
  return folders.flatMap((folder) => WINDOWS_PROGRAMS.map((name) => path.win32.join(folder, `${name}.exe`)));
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
interface InstallPlan {
  title: string;
  commands: Command[];
}

// Playwright tries five times. An unreachable download host must not delay the next plan for long.
const CONNECT_MILLISECONDS = "8000";

/**
 * Lists the ways to install a browser, in the order to try them. Playwright's download needs no rights and is the same on
 * all systems. The system's packages need root, or `sudo` without a password.
 * @param machine the machine to install on
 * @param playwright Node.js, and Playwright's command line
 */
export function installPlans(machine: Machine, ...playwright: [node: string, cli: string]): InstallPlan[] {
  const [node, cli] = playwright;
  const install = (...args: string[]): Command => ({
    program: node,
    args: [cli, ...args],
    timeoutSeconds: 300,
  });
  const env = { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: CONNECT_MILLISECONDS };
  const download: InstallPlan = {
    title: "downloading Playwright's Chromium",
    commands: [{ ...install("install", "--no-shell", "chromium"), env }],
  };
  const [[sudo], [apt]] = [programs(["sudo"], machine), programs(["apt-get"], machine)];
  const { isRoot, platform } = machine;
  if (platform !== "linux" || apt === undefined || !(isRoot || sudo !== undefined)) return [download];
  const asRoot = (command: Command): Command =>
    isRoot || sudo === undefined
      ? command
      : { ...command, program: sudo, args: ["-n", command.program, ...command.args] };
  // Needed only if the download succeeded but does not start.
  const libraries: InstallPlan = {
    title: "installing the libraries that Playwright's Chromium needs",
    commands: [asRoot(install("install-deps", "chromium"))],
  };
  return [
    download,
    ...(machine.exists(machine.playwrightPath) ? [libraries] : []),
    { title: "installing Chromium with apt-get", commands: aptCommands(apt).map(asRoot) },
  ];
}

function aptCommands(apt: string): Command[] {
  const options = "-o DPkg::Lock::Timeout=60 -o Acquire::Retries=1".split(" ");
  // By way of `env`, because sudo drops the environment. A package must never wait for an answer to a question.
  const quiet = (...args: string[]) => ["DEBIAN_FRONTEND=noninteractive", apt, ...options, ...args];
  const install = quiet("install", "-y", "--no-install-recommends", "chromium");
  return [
    // A broken third-party source makes the update fail, which is harmless.
    { program: "env", args: quiet("update"), timeoutSeconds: 120, mayFail: true },
    { program: "env", args: install, timeoutSeconds: 300 },
  ];
}
