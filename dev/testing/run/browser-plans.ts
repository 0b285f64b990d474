import path from "node:path";

/** The facts about a machine that decide where a browser can be. Tests invent such machines. */
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
 * Lists the programs on a machine that are probably Chromium, Chrome or Edge, headless shells first, in the order to try
 * them. `CHROMIUM_PATH` is not included: if it is set, this list is not used.
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

/** Lists the programs with these names in the folders of the machine's PATH, ordered by name, then by folder. */
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

/** A command that installs a browser, or libraries that a browser needs. */
export interface Command {
  title: string;
  program: string;
  args: string[];
  env?: Record<string, string>;
}

// In ms. Playwright makes five attempts, and an unreachable server must not delay the next command for long.
const SHORT_TIMEOUT = { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: "8000" };

const APT_GET = "apt-get -o DPkg::Lock::Timeout=60 -o Acquire::Retries=1";

/**
 * Lists commands that install a browser, in the order to try them. Playwright's download works for every user on every
 * system. Packages of the system need root, or `sudo` without a password.
 * @param machine the machine to install on
 * @param cli Playwright's command line, a script for Node.js
 */
export function installPlans(machine: Machine, cli: string): Command[] {
  const node = process.execPath;
  const args = [cli, "install", "--only-shell", "chromium"];
  const download = { title: "downloading Playwright's Chromium", program: node, args, env: SHORT_TIMEOUT };
  const [sudo] = programs(["sudo"], machine);
  const { isRoot, platform } = machine;
  const hasPackages = platform === "linux" && programs(["apt-get"], machine).length > 0;
  if (!hasPackages || !(isRoot || sudo)) return [download];
  const asRoot = (title: string, ...command: string[]) => {
    const [program = "", ...rest] = isRoot || !sudo ? command : [sudo, "-n", ...command];
    return { title, program, args: rest };
  };
  // This command is needed only if the downloaded browser does not start.
  const needed = "installing the libraries that Playwright's Chromium needs";
  const libraries = asRoot(needed, node, cli, "install-deps", "chromium");
  const isDownloaded = machine.exists(shellBeside(machine.playwrightPath));
  // sudo drops the environment, so `env` sets this variable. Without it, a package may wait for a person's answer.
  // `;` ignores a failed update: a broken third-party source does not matter for Chromium.
  const shell = ["env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c"];
  const script = [`${APT_GET} update; ${APT_GET} "$@"`, "sh", "install", "-y", "--no-install-recommends"];
  // Not every distribution has a package of the headless shell.
  const packages = [SHELL, "chromium"].map((name) =>
    asRoot(`installing ${name} with apt-get`, ...shell, ...script, name),
  );
  return [download, ...(isDownloaded ? [libraries] : []), ...packages];
}
