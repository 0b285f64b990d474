/** Finds an installed Chromium or Chrome that works, or installs one, for the tests and the screenshots. */
import { type ExecFileException, execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { chromium, type LaunchOptions } from "playwright/test";
import { bin } from "./steps.ts";

/** How to start a browser: by its program, or by a channel, for which Playwright finds the program itself. */
export interface Browser {
  executablePath?: string;
  channel?: string;
  /** Whether to use Chromium's sandbox. It works neither for root nor in a container without user namespaces. */
  chromiumSandbox: boolean;
}

/** What the search for a browser needs from a machine: facts, and ways to act on it. Tests invent machines. */
export interface Machine {
  env: Record<string, string | undefined>;
  /** Whether the user is root, who may install packages without a password. */
  isRoot: boolean;
  exists: (file: string) => boolean;
  /** Starts the browser, opens a page, and stops the browser. @returns whether all of this succeeded */
  tryBrowser: (browser: Browser) => Promise<boolean>;
  /** Runs a command until it ends. @returns whether it succeeded */
  run: (command: readonly string[], env?: Record<string, string>) => Promise<boolean>;
  say: (line: string) => void;
}

/** Chromium without a window. With this browser, the tests need half the CPU time. */
const SHELL = "chromium-headless-shell"; // the name of the program, the package and the channel

// The names of complete browsers in distributions and from vendors. Edge is last, because it differs the most.
const NAMES =
  "chromium chromium-browser google-chrome google-chrome-stable chrome microsoft-edge microsoft-edge-stable";

// With these flags, the browser sends no requests of its own, such as checks for updates.
const FLAGS =
  "--disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

const TIME_LIMIT = 300_000; // ms, for each command that installs something

// In ms. Playwright makes five attempts, and an unreachable server must not delay the next command for long.
const SHORT_TIMEOUT = { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: "8000" };

const APT_GET = "apt-get -o DPkg::Lock::Timeout=60 -o Acquire::Retries=1";

const HELP =
  "No browser was found, and none could be installed. Install Chromium or Google Chrome, or set CHROMIUM_PATH to one, " +
  "and run the command again.";

/**
 * Finds a browser that starts on this machine. Tries headless shells first, then complete browsers.
 * @returns the browser; null if none starts
 * @throws Error if `CHROMIUM_PATH` names a browser that does not start
 */
export async function findBrowser(machine: Machine): Promise<Browser | null> {
  const { env, isRoot, tryBrowser, say } = machine;
  const wanted = env.CHROMIUM_PATH;
  for (const candidate of wanted ? [{ executablePath: wanted }] : candidates(machine)) {
    const { executablePath: program, channel } = candidate;
    for (const chromiumSandbox of isRoot ? [false] : [true, false]) {
      const browser = { ...candidate, chromiumSandbox };
      if (!(await tryBrowser(browser))) continue;
      const warning = `Chromium's sandbox does not work for this user. The tests run ${program ?? channel} without it.`;
      if (!chromiumSandbox && !isRoot) say(warning);
      return browser;
    }
    if (wanted) throw new Error(`CHROMIUM_PATH is ${wanted}, which does not start. Correct or unset it.`);
    // For example, Ubuntu's chromium-browser is only a script that tells people to install a snap package.
    if (program) say(`${program} exists but does not start. The search continues.`);
  }
  return null;
}

/** Lists the browsers to try, in this order. Playwright knows where each system installs the browser of a channel. */
function candidates(machine: Machine): Omit<Browser, "chromiumSandbox">[] {
  return [
    ...programs([SHELL], machine).map((executablePath) => ({ executablePath })),
    { channel: SHELL },
    ...programs(NAMES.split(" "), machine).map((executablePath) => ({ executablePath })),
    ...["chrome", "msedge", "chromium"].map((channel) => ({ channel })),
  ];
}

/** Lists the programs with these names in the folders of the machine's PATH, ordered by name, then by folder. */
function programs(names: string[], { env, exists }: Machine): string[] {
  const folders = (env.PATH ?? "").split(path.delimiter).filter(Boolean);
  const files = names.map((name) => (process.platform === "win32" ? `${name}.exe` : name));
  return files.flatMap((file) => folders.map((folder) => path.join(folder, file))).filter(exists);
}

/**
 * Finds a browser. If there is none, tries each way to install one until a browser starts.
 * @throws Error with advice for the user, if no browser starts after all installations
 */
export async function ensureBrowser(machine: Machine): Promise<Browser> {
  const installing = installations(machine);
  let browser = await findBrowser(machine);
  while (!browser) {
    if ((await installing.next()).done) throw new Error(HELP);
    browser = await findBrowser(machine);
  }
  return browser;
}

/**
 * Installs a browser, or libraries that a browser needs, in another way at each call of `next`. Playwright's download
 * works for every user on every system. Packages of the system need root, or `sudo` without a password.
 */
async function* installations(machine: Machine): AsyncGenerator<boolean> {
  const { isRoot, say, run } = machine;
  const attempt = (title: string, command: readonly string[], env?: Record<string, string>) => {
    say(`No working browser yet: ${title} ...`);
    return run(command, env);
  };
  const playwright = [process.execPath, bin("playwright", "playwright")];
  const download = [...playwright, "install", "--only-shell", "chromium"];
  const isDownloaded = await attempt("downloading Playwright's Chromium", download, SHORT_TIMEOUT);
  yield isDownloaded;
  const [sudo] = programs(["sudo"], machine);
  if (!programs(["apt-get"], machine).length || !(isRoot || sudo)) return;
  const asRoot = isRoot || !sudo ? [] : [sudo, "-n"];
  const libraries = [...asRoot, ...playwright, "install-deps", "chromium"];
  if (isDownloaded) yield attempt("installing the libraries that Playwright's Chromium needs", libraries);
  // sudo drops the environment, so `env` sets this variable. Without it, a package may wait for a person's answer.
  // `;` ignores a failed update: a broken third-party source does not matter for Chromium.
  const shell = ["env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c"];
  const script = [`${APT_GET} update; ${APT_GET} "$@"`, "sh", "install", "-y", "--no-install-recommends"];
  // Not every distribution has a package of the headless shell.
  for (const name of [SHELL, "chromium"])
    yield attempt(`installing ${name} with apt-get`, [...asRoot, ...shell, ...script, name]);
}

/**
 * Finds or installs a browser, and returns the options for Playwright's `chromium.launch()`. Stores the browser in
 * `process.env`, so that the processes that Playwright starts do not search again.
 */
export async function browserLaunchOptions(say: Machine["say"] = console.log): Promise<LaunchOptions> {
  process.env.TEST_BROWSER ??= JSON.stringify(await ensureBrowser(thisMachine(say)));
  return launchOptions(JSON.parse(process.env.TEST_BROWSER));
}

function launchOptions(browser: Browser): LaunchOptions {
  return { ...browser, args: FLAGS.split(" ") };
}

function thisMachine(say: Machine["say"]): Machine {
  return {
    env: process.env,
    isRoot: process.getuid?.() === 0,
    exists: existsSync,
    say,
    tryBrowser: async (candidate) => {
      try {
        const browser = await chromium.launch({ ...launchOptions(candidate), timeout: 20_000 });
        const page = await browser.newPage();
        await page.evaluate("1 + 1");
        await browser.close();
        return true;
      } catch {
        return false;
      }
    },
    run: async ([program = "", ...args], added) => {
      const options = { env: { ...process.env, ...added }, timeout: TIME_LIMIT, maxBuffer: Infinity };
      try {
        await promisify(execFile)(program, args, options);
        return true;
      } catch (error) {
        const { message, signal } = error as ExecFileException;
        const lines = message.trim().split("\n").slice(-5).join("\n");
        say(`  ${args.join(" ")} failed${signal ? ` (${signal})` : ""}:\n${lines}`);
        return false;
      }
    },
  };
}
