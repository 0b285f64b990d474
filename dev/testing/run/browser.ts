/** Finds a Chromium or Chrome that really starts, or installs one: the tests and the screenshots need it. */
import type { LaunchOptions } from "playwright/test";
import { browserCandidates } from "./browser-candidates.ts";
import { installPlans } from "./browser-install.ts";
import { type Browser, launchOptions, realTools, type Tools } from "./browser-tools.ts";
import { bin } from "./test-steps.ts";

const HELP =
  "No browser could be found or installed. Install Chromium or Google Chrome by hand, or set CHROMIUM_PATH to one, " +
  "and run the command again.";

/**
 * Finds a browser that starts on this machine.
 *
 * @returns the browser, or null when there is none
 * @throws Error when `CHROMIUM_PATH` names a browser that does not start
 */
export async function findBrowser({ machine, tryBrowser, say }: Tools): Promise<Browser | null> {
  const wanted = machine.env.CHROMIUM_PATH;
  for (const path of wanted ? [wanted] : browserCandidates(machine)) {
    for (const sandbox of machine.isRoot ? [false] : [true, false]) {
      if (!(await tryBrowser({ path, sandbox }))) continue;
      if (!sandbox && !machine.isRoot) {
        say(
          `Chromium's sandbox does not work for this user here; ${path} runs without it, for the tests only.`,
        );
      }
      return { path, sandbox };
    }
    if (wanted) throw new Error(`CHROMIUM_PATH is ${wanted}, which does not start. Correct or unset it.`);
    // Ubuntu's chromium-browser, for one, is a script that asks for a snap.
    say(`${path} is there but does not start; looking further.`);
  }
  return null;
}

/**
 * Finds a browser, or installs one by whichever way works.
 *
 * @throws Error with the next step for a person, when no way works
 */
export async function ensureBrowser(tools: Tools): Promise<Browser> {
  let browser = await findBrowser(tools);
  const cli = bin("playwright", "playwright");
  const tried = new Set<string>();
  while (browser === null) {
    // Asked anew each time: a download that came through but does not start adds a way.
    const plan = installPlans(tools.machine, process.execPath, cli).find(({ title }) => !tried.has(title));
    if (plan === undefined) throw new Error(HELP);
    tried.add(plan.title);
    tools.say(`No working browser yet: ${plan.title} ...`);
    for (const command of plan.commands) {
      if (!(await tools.run(command)) && !command.mayFail) break;
    }
    browser = await findBrowser(tools);
  }
  return browser;
}

/**
 * The options for Playwright's `chromium.launch()`. What was found is kept in the environment, so that the
 * processes Playwright starts do not search again.
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
