import { execFileSync } from "node:child_process";
import path from "node:path";
import { chromium } from "playwright/test";
import { describe, expect, test } from "vitest";
import { type Browser, ensureBrowser, findBrowser, type Tools } from "./browser.ts";
import { browserCandidates, type Command, type Machine, shellBeside } from "./browser-plans.ts";
import { bin } from "./steps.ts";

const CACHE = "/home/kim/.cache/ms-playwright";
const OWN = `${CACHE}/chromium-1/chrome-linux64/chrome`;
const OWN_SHELL = `${CACHE}/chromium_headless_shell-1/chrome-headless-shell-linux64/chrome-headless-shell`;

/** Describes a machine that has only these files. */
function machine(files: string[], rest: Partial<Machine> = {}): Machine {
  return {
    platform: "linux",
    env: { PATH: "/usr/local/bin:/usr/bin" },
    isRoot: false,
    playwrightPath: OWN,
    exists: (file) => files.includes(file),
    ...rest,
  };
}

/** Makes tools with which only the browsers that `working` accepts start. They record commands and messages. */
function tools(
  on: Machine,
  working: (browser: Browser) => boolean,
  succeeds = (_: Command): boolean => true,
) {
  const ran: string[] = [];
  const said: string[] = [];
  const made: Tools = {
    machine: on,
    tryBrowser: async (browser) => working(browser),
    run: async (command) => {
      ran.push([command.program, ...command.args].join(" "));
      return succeeds(command);
    },
    say: (line) => said.push(line),
  };
  return { tools: made, ran, said };
}

describe("looking for a browser", () => {
  test("headless shells are tried first, then Chromium, Chrome, and Playwright's own complete browser", () => {
    const on = machine([
      "/usr/bin/google-chrome",
      "/usr/bin/chromium",
      OWN,
      OWN_SHELL,
      "/usr/bin/chromium-headless-shell",
    ]);
    expect(browserCandidates(on)).toEqual([
      "/usr/bin/chromium-headless-shell",
      OWN_SHELL,
      "/usr/bin/chromium",
      "/usr/bin/google-chrome",
      OWN,
    ]);
  });

  test.each([
    [OWN, OWN_SHELL],
    [
      "/Users/kim/Library/Caches/ms-playwright/chromium-1/chrome-mac-arm64/Some.app/Contents/MacOS/Some",
      "/Users/kim/Library/Caches/ms-playwright/chromium_headless_shell-1/chrome-headless-shell-mac-arm64/chrome-headless-shell",
    ],
    [
      "C:\\ms-playwright\\chromium-1\\chrome-win64\\chrome.exe",
      "C:\\ms-playwright\\chromium_headless_shell-1\\chrome-headless-shell-win64\\chrome-headless-shell.exe",
    ],
    ["/somewhere/else/chrome", ""],
    ["", ""],
  ])("Playwright's headless shell is beside %s", (complete, shell) => {
    expect(shellBeside(complete)).toBe(shell);
  });

  test("Playwright installs its headless shell where it is looked for", () => {
    const args = [bin("playwright", "playwright"), "install", "--dry-run", "--only-shell", "chromium"];
    const said = execFileSync(process.execPath, args, { encoding: "utf8" });
    const shell = shellBeside(chromium.executablePath());
    expect(said).toContain(`${path.dirname(path.dirname(shell))}\n`);
    const [, program = ""] = /\/(chrome-headless-shell-[\w-]+)\.zip/.exec(said) ?? [];
    expect(path.basename(path.dirname(shell))).toBe(program);
  });

  test("Chrome is found in the Applications folder of a Mac", () => {
    const chrome = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
    expect(browserCandidates(machine([chrome], { platform: "darwin" }))).toEqual([chrome]);
  });

  test("Edge is found on a Windows machine that has no other browser", () => {
    const edge = "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe";
    const env = { "ProgramFiles(x86)": "C:\\Program Files (x86)", Path: "C:\\Windows" };
    expect(browserCandidates(machine([edge], { platform: "win32", env }))).toEqual([edge]);
  });

  test("a browser that does not start is skipped with a message", async () => {
    const on = machine(["/usr/bin/chromium-browser", "/usr/bin/google-chrome"]);
    const { tools: made, said } = tools(on, ({ path }) => path === "/usr/bin/google-chrome");
    expect(await findBrowser(made)).toEqual({ path: "/usr/bin/google-chrome", sandbox: true });
    expect(said).toEqual([expect.stringContaining("/usr/bin/chromium-browser exists but does not start")]);
  });

  test("root runs the browser without its sandbox", async () => {
    const { tools: made } = tools(machine(["/usr/bin/chromium"], { isRoot: true }), () => true);
    expect(await findBrowser(made)).toEqual({ path: "/usr/bin/chromium", sandbox: false });
  });

  test("an ordinary user runs the browser without its sandbox if the sandbox does not work", async () => {
    const { tools: made, said } = tools(machine(["/usr/bin/chromium"]), ({ sandbox }) => !sandbox);
    expect(await findBrowser(made)).toEqual({ path: "/usr/bin/chromium", sandbox: false });
    expect(said).toEqual([expect.stringContaining("sandbox does not work")]);
  });

  test("CHROMIUM_PATH is used before all others", async () => {
    const on = machine(["/usr/bin/chromium"], { env: { PATH: "/usr/bin", CHROMIUM_PATH: "/opt/mine" } });
    const { tools: made } = tools(on, () => true);
    expect(await findBrowser(made)).toEqual({ path: "/opt/mine", sandbox: true });
  });

  test("a CHROMIUM_PATH that does not start is an error", async () => {
    const on = machine(["/usr/bin/chromium"], { env: { PATH: "/usr/bin", CHROMIUM_PATH: "/opt/mine" } });
    const { tools: made } = tools(on, ({ path }) => path === "/usr/bin/chromium");
    await expect(findBrowser(made)).rejects.toThrow("CHROMIUM_PATH is /opt/mine, which does not start");
  });
});

describe("installing a browser", () => {
  test("Playwright's browser is downloaded, and nothing else is installed if the browser starts", async () => {
    const files: string[] = ["/usr/bin/apt-get"];
    const { tools: made, ran } = tools(
      machine(files, { isRoot: true }),
      () => true,
      () => files.push(OWN_SHELL) > 0,
    );
    expect(await ensureBrowser(made)).toEqual({ path: OWN_SHELL, sandbox: false });
    expect(ran).toEqual([expect.stringMatching(/cli\.js install --only-shell chromium$/)]);
  });

  test("the system's libraries are installed if the downloaded browser does not start", async () => {
    const files: string[] = ["/usr/bin/apt-get"];
    let libraries = false;
    const { tools: made, ran } = tools(
      machine(files, { isRoot: true }),
      () => libraries,
      ({ args }) => {
        files.push(OWN_SHELL);
        libraries ||= args.includes("install-deps");
        return true;
      },
    );
    expect(await ensureBrowser(made)).toEqual({ path: OWN_SHELL, sandbox: false });
    expect(ran.at(-1)).toMatch(/cli\.js install-deps chromium$/);
  });

  test("root installs Chromium with apt-get if the download fails", async () => {
    const files: string[] = ["/usr/bin/apt-get"];
    const { tools: made, ran } = tools(
      machine(files, { isRoot: true }),
      () => true,
      ({ args }) => args.includes("-y") && files.push("/usr/bin/chromium-headless-shell") > 0,
    );
    expect(await ensureBrowser(made)).toEqual({ path: "/usr/bin/chromium-headless-shell", sandbox: false });
    expect(ran.at(-1)).toMatch(
      /^env DEBIAN_FRONTEND=noninteractive .*apt-get .*install -y .* chromium-headless-shell$/,
    );
  });

  test("where there is no package of the headless shell, root installs Chromium", async () => {
    const files: string[] = ["/usr/bin/apt-get"];
    const { tools: made, ran } = tools(
      machine(files, { isRoot: true }),
      () => true,
      ({ args }) => args.at(-1) === "chromium" && args.includes("-y") && files.push("/usr/bin/chromium") > 0,
    );
    expect(await ensureBrowser(made)).toEqual({ path: "/usr/bin/chromium", sandbox: false });
    expect(ran.map((command) => command.split(" ").at(-1))).toEqual([
      "chromium", // Playwright's download
      "chromium-headless-shell",
      "chromium",
    ]);
  });

  test("an ordinary user installs Chromium with sudo -n, which asks for no password", async () => {
    const files: string[] = ["/usr/bin/apt-get", "/usr/bin/sudo"];
    const { tools: made, ran } = tools(
      machine(files),
      () => true,
      ({ args }) => args.includes("-y") && files.push("/usr/bin/chromium") > 0,
    );
    await ensureBrowser(made);
    expect(ran.at(-1)).toMatch(/^\/usr\/bin\/sudo -n env DEBIAN_FRONTEND=noninteractive .*apt-get /);
  });

  test("if no installation works, the user reads what to do", async () => {
    const { tools: made, ran } = tools(
      machine(["/usr/bin/apt-get"]),
      () => false,
      () => false,
    );
    await expect(ensureBrowser(made)).rejects.toThrow("set CHROMIUM_PATH");
    expect(ran).toHaveLength(1);
  });
});
