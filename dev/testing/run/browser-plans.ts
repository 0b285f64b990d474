import path from "node:path";

/** The facts about a machine that decide where a browser can be. A plain object, so that tests can make one up. */
export interface Machine {
  platform: NodeJS.Platform;
  env: Record<string, string | undefined>;
  /** Whether the user is root, who may install packages without a password. */
  isRoot: boolean;
  /** The path of Playwright's own Chromium, whether it is installed or not. Its headless shell is beside it. */
  playwrightPath: string;
  exists: (file: string) => boolean;
}

/** Chromium without a window: the tests take half the CPU time with it. */
const SHELL = "chromium-headless-shell"; // both the program and the package

// The names of complete browsers in distributions and from vendors. Edge is last, because it differs the most.
const NAMES =
  "chromium chromium-browser google-chrome google-chrome-stable chrome microsoft-edge microsoft-edge-stable";

const MAC_APPS = ["Chromium", "Google Chrome", "Microsoft Edge"];

const WINDOWS_APPS = [
  "Chromium\\Application\\chrome",
  "Google\\Chrome\\Application\\chrome",
  "Microsoft\\Edge\\Application\\msedge",
];

/**
 * Lists the programs on a machine that look like Chromium or Chrome, headless shells first, each once. `CHROMIUM_PATH`
 * is not included: if it is set, no other program is tried.
 */
export function browserCandidates(machine: Machine): string[] {
  const shells = [...programs([SHELL], machine), shellBeside(machine.playwrightPath)];
  const complete = [...programs(NAMES.split(" "), machine), ...installedApps(machine)];
  const all = [...shells, ...complete, machine.playwrightPath];
  return [...new Set(all)].filter((file) => file !== "" && machine.exists(file));
}

/**
 * The path of the headless shell that Playwright downloads. Playwright tells only the path of the complete browser, which
 * is in a folder beside it: `chromium-1/chrome-linux64/…` and `chromium_headless_shell-1/chrome-headless-shell-linux64/…`.
 */
export function shellBeside(playwrightPath: string): string {
  const folders = /\bchromium-(\d+)([\\/])chrome-([\w-]+)[\\/].*$/;
  const program = `chrome-headless-shell${playwrightPath.endsWith(".exe") ? ".exe" : ""}`;
  if (!folders.test(playwrightPath)) return "";
  return playwrightPath.replace(folders, `chromium_headless_shell-$1$2chrome-headless-shell-$3$2${program}`);
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
  if (platform !== "win32") return [];
  const folders = [env.ProgramFiles, env["ProgramFiles(x86)"], env.LOCALAPPDATA].filter(Boolean);
  return folders.flatMap((folder) => WINDOWS_APPS.map((name) => `${folder}\\${name}.exe`));
}

export interface Command {
  program: string;
  args: string[];
  env?: Record<string, string>;
  /** The plan continues if this command fails. */
  mayFail?: boolean;
}

/** One way to get a browser onto the machine. */
interface InstallPlan {
  title: string;
  commands: Command[];
}

// A short limit, because Playwright tries five times, and an unreachable server must not delay the next plan for long.
const CONNECT_MILLISECONDS = "8000";

/**
 * Lists the ways to install a browser, in the order to try them. Playwright's download needs no rights and is the same
 * on all systems. The system's packages need root, or `sudo` without a password.
 * @param machine the machine to install on
 * @param playwright Node.js, and Playwright's command line
 */
export function installPlans(machine: Machine, ...[node, cli]: [node: string, cli: string]): InstallPlan[] {
  const env = { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: CONNECT_MILLISECONDS };
  const download: InstallPlan = {
    title: "downloading Playwright's Chromium",
    commands: [{ program: node, args: [cli, "install", "--only-shell", "chromium"], env }],
  };
  const [[sudo], [apt]] = [programs(["sudo"], machine), programs(["apt-get"], machine)];
  const { isRoot, platform } = machine;
  if (platform !== "linux" || apt === undefined || !(isRoot || sudo !== undefined)) return [download];
  const asRoot = (program: string, ...args: string[]): Command =>
    isRoot || sudo === undefined ? { program, args } : { program: sudo, args: ["-n", program, ...args] };
  // `env` sets the variable, because sudo drops the environment. Without it, a package may wait for a person's answer.
  const options = "-o DPkg::Lock::Timeout=60 -o Acquire::Retries=1".split(" ");
  const aptGet = (...args: string[]) =>
    asRoot("env", "DEBIAN_FRONTEND=noninteractive", apt, ...options, ...args);
  // Needed only if the download succeeded, but the browser does not start.
  const libraries: InstallPlan = {
    title: "installing the libraries that Playwright's Chromium needs",
    commands: [asRoot(node, cli, "install-deps", "chromium")],
  };
  const aptInstall = (name: string) => aptGet("install", "-y", "--no-install-recommends", name);
  // The update may fail because of a broken third-party source, which does not matter for Chromium.
  const update = { ...aptGet("update"), mayFail: true };
  const packages: InstallPlan[] = [
    { title: `installing ${SHELL} with apt-get`, commands: [update, aptInstall(SHELL)] },
    // Not every distribution has a package of the shell. The list of packages is up to date by now.
    { title: "installing chromium with apt-get", commands: [aptInstall("chromium")] },
  ];
  const isDownloaded = machine.exists(shellBeside(machine.playwrightPath));
  return [download, ...(isDownloaded ? [libraries] : []), ...packages];
}
