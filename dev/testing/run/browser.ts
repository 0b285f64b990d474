/** Finds an installed Chromium or Chrome that works, or installs one, for the tests and the screenshots. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium, type LaunchOptions } from "playwright/test";
import { browserCandidates, type Command, installPlans, type Machine } from "./browser-plans.ts";
import { bin } from "./steps.ts";

/** A browser's program, and how to start it. */
export interface Browser {
  path: string;
  /** Whether to use Chromium's sandbox. It works neither for root nor in a container without user namespaces. */
  sandbox: boolean;
}

export interface Tools {
  machine: Machine;
  /** Starts the browser, opens a page, and stops the browser. @returns whether all of this succeeded */
  tryBrowser: (browser: Browser) => Promise<boolean>;
  /** Runs a command until it ends. @returns whether it succeeded */
  run: (command: Command) => Promise<boolean>;
  say: (line: string) => void;
}

// With these flags, the browser sends no requests of its own, such as checks for updates.
const FLAGS =
  "--disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

const TIME_LIMIT = 300_000; // ms, for each command that installs something

const HELP =
  "No browser was found, and none could be installed. Install Chromium or Google Chrome, or set CHROMIUM_PATH to one, " +
  "and run the command again.";

/**
 * Finds a browser that starts on this machine.
 * @returns the browser; null if none starts
 * @throws Error if `CHROMIUM_PATH` names a browser that does not start
 */
export async function findBrowser({ machine, tryBrowser, say }: Tools): Promise<Browser | null> {
  const wanted = machine.env.CHROMIUM_PATH;
  for (const path of wanted ? [wanted] : browserCandidates(machine)) {
    for (const sandbox of machine.isRoot ? [false] : [true, false]) {
      if (!(await tryBrowser({ path, sandbox }))) continue;
      const warning = `Chromium's sandbox does not work for this user. The tests run ${path} without it.`;
      if (!sandbox && !machine.isRoot) say(warning);
      return { path, sandbox };
    }
    if (wanted) throw new Error(`CHROMIUM_PATH is ${wanted}, which does not start. Correct or unset it.`);
    // For example, chromium-browser of Ubuntu is only a script that tells people to install a snap package.
    say(`${path} exists but does not start. The search continues.`);
  }
  return null;
}

/**
 * Finds a browser. If there is none, tries each way to install one until a browser starts.
 * @throws Error with advice for the user, if no browser starts after all installations
 */
export async function ensureBrowser(tools: Tools): Promise<Browser> {
  let browser = await findBrowser(tools);
  const cli = bin("playwright", "playwright");
  const tried = new Set<string>();
  while (browser === null) {
    // The list can change: after the download, it may include a command that installs the browser's libraries.
    const command = installPlans(tools.machine, cli).find(({ title }) => !tried.has(title));
    if (command === undefined) throw new Error(HELP);
    tried.add(command.title);
    tools.say(`No working browser yet: ${command.title} ...`);
    await tools.run(command);
    browser = await findBrowser(tools);
  }
  return browser;
}

/**
 * Finds or installs a browser, and returns the options for Playwright's `chromium.launch()`. Stores the path in
 * `process.env`, so that the processes that Playwright starts do not search again.
 */
export async function browserLaunchOptions(say: Tools["say"] = console.log): Promise<LaunchOptions> {
  const { env } = process;
  if (!env.CHROMIUM_PATH || !env.CHROMIUM_SANDBOX) {
    const browser = await ensureBrowser(realTools(say));
    env.CHROMIUM_PATH = browser.path;
    env.CHROMIUM_SANDBOX = browser.sandbox ? "on" : "off";
  }
  return launchOptions({ path: env.CHROMIUM_PATH ?? "", sandbox: env.CHROMIUM_SANDBOX === "on" });
}

/** Returns the options with which Playwright's `chromium.launch()` starts this browser. */
function launchOptions({ path, sandbox }: Browser): LaunchOptions {
  return { executablePath: path, chromiumSandbox: sandbox, args: FLAGS.split(" ") };
}

/** Makes the tools for this machine. They show the output of a command only if the command fails. */
function realTools(say: Tools["say"]): Tools {
  return {
    machine: {
      platform: process.platform,
      env: process.env,
      isRoot: process.getuid?.() === 0,
      playwrightPath: chromium.executablePath(),
      exists: existsSync,
    },
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
    run: (command) => runCommand(command, say),
  };
}

function runCommand({ program, args, env }: Command, say: Tools["say"]): Promise<boolean> {
  const options = { env: { ...process.env, ...env }, timeout: TIME_LIMIT, maxBuffer: Infinity };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, ...outputs) => {
      const reason = error?.killed ? `stopped after ${TIME_LIMIT / 1000} seconds` : String(error?.code);
      const lines = [...outputs, Number(reason) ? "" : reason]; // an exit code is not shown
      const shown = lines.join("\n").trim().split("\n").slice(-5).join("\n");
      if (error) say(`  ${args.join(" ")} failed:\n${shown}`);
      resolve(!error);
    });
  });
}
