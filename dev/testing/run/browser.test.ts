import { describe, expect, test } from "vitest";
import { type Browser, ensureBrowser, findBrowser, type Machine } from "./browser.ts";

const SHELL = { channel: "chromium-headless-shell" };

interface Behaviour {
  works: (browser: Browser) => boolean;
  succeeds: (command: readonly string[]) => boolean;
}

/** Invents a machine with these programs and channels. It records commands, messages and the browsers that were tried. */
function machine(
  installed: string[],
  { works = () => true, succeeds = () => true, ...rest }: Partial<Machine> & Partial<Behaviour> = {},
) {
  const ran: string[] = [];
  const said: string[] = [];
  const tried: string[] = [];
  const made: Machine = {
    env: { PATH: "/usr/local/bin:/usr/bin" },
    isRoot: false,
    exists: (file) => installed.includes(file),
    tryBrowser: async (browser) => {
      const { executablePath, channel = "" } = browser;
      tried.push(executablePath ?? channel);
      return (executablePath ? true : installed.includes(channel)) && works(browser);
    },
    run: async (command) => {
      ran.push(command.join(" "));
      return succeeds(command);
    },
    say: (line) => said.push(line),
    ...rest,
  };
  return { made, ran, said, tried };
}

describe("looking for a browser", () => {
  test("headless shells are tried first, then Chromium, Chrome, and Playwright's own complete browser", async () => {
    const programs = ["google-chrome", "chromium", "chromium-headless-shell"].map(
      (name) => `/usr/bin/${name}`,
    );
    const { made, tried } = machine(programs, { isRoot: true, works: () => false });
    expect(await findBrowser(made)).toBeNull();
    expect(tried).toEqual([
      "/usr/bin/chromium-headless-shell",
      "chromium-headless-shell",
      "/usr/bin/chromium",
      "/usr/bin/google-chrome",
      "chrome",
      "msedge",
      "chromium",
    ]);
  });

  test.each(["chrome", "msedge"])("%s is found where its installer puts it", async (channel) => {
    const { made, said } = machine([channel]);
    expect(await findBrowser(made)).toEqual({ channel, chromiumSandbox: true });
    expect(said).toEqual([]);
  });

  test("a browser that does not start is skipped with a message", async () => {
    const { made, said } = machine(["/usr/bin/chromium-browser", "/usr/bin/google-chrome"], {
      works: ({ executablePath }) => executablePath === "/usr/bin/google-chrome",
    });
    expect(await findBrowser(made)).toEqual({
      executablePath: "/usr/bin/google-chrome",
      chromiumSandbox: true,
    });
    expect(said).toEqual([expect.stringContaining("/usr/bin/chromium-browser exists but does not start")]);
  });

  test("root runs the browser without its sandbox", async () => {
    const { made } = machine(["/usr/bin/chromium"], { isRoot: true });
    expect(await findBrowser(made)).toEqual({ executablePath: "/usr/bin/chromium", chromiumSandbox: false });
  });

  test("an ordinary user runs the browser without its sandbox if the sandbox does not work", async () => {
    const { made, said } = machine(["/usr/bin/chromium"], {
      works: ({ chromiumSandbox }) => !chromiumSandbox,
    });
    expect(await findBrowser(made)).toEqual({ executablePath: "/usr/bin/chromium", chromiumSandbox: false });
    expect(said).toEqual([expect.stringContaining("sandbox does not work")]);
  });

  const CHOSEN = { env: { PATH: "/usr/bin", CHROMIUM_PATH: "/opt/mine" } };

  test("CHROMIUM_PATH is used before all others", async () => {
    const { made } = machine(["/usr/bin/chromium"], CHOSEN);
    expect(await findBrowser(made)).toEqual({ executablePath: "/opt/mine", chromiumSandbox: true });
  });

  test("a CHROMIUM_PATH that does not start is an error", async () => {
    const works = ({ executablePath }: Browser) => executablePath === "/usr/bin/chromium";
    const { made } = machine(["/usr/bin/chromium"], { ...CHOSEN, works });
    await expect(findBrowser(made)).rejects.toThrow("CHROMIUM_PATH is /opt/mine, which does not start");
  });
});

describe("installing a browser", () => {
  const APT_GET = "/usr/bin/apt-get";

  test("Playwright's browser is downloaded, and nothing else is installed if the browser starts", async () => {
    const files = [APT_GET];
    const succeeds = () => files.push(SHELL.channel) > 0;
    const { made, ran } = machine(files, { isRoot: true, succeeds });
    expect(await ensureBrowser(made)).toEqual({ ...SHELL, chromiumSandbox: false });
    expect(ran).toEqual([expect.stringMatching(/cli\.js install --only-shell chromium$/)]);
  });

  test("the system's libraries are installed if the downloaded browser does not start", async () => {
    let libraries = false;
    const { made, ran } = machine([APT_GET, SHELL.channel], {
      isRoot: true,
      works: () => libraries,
      succeeds: (command) => {
        libraries ||= command.includes("install-deps");
        return true;
      },
    });
    expect(await ensureBrowser(made)).toEqual({ ...SHELL, chromiumSandbox: false });
    expect(ran.at(-1)).toMatch(/cli\.js install-deps chromium$/);
  });

  test("root installs Chromium with apt-get if the download fails", async () => {
    const shell = "/usr/bin/chromium-headless-shell";
    const files = [APT_GET];
    const succeeds = (command: readonly string[]) => command.includes("-y") && files.push(shell) > 0;
    const { made, ran } = machine(files, { isRoot: true, succeeds });
    expect(await ensureBrowser(made)).toEqual({ executablePath: shell, chromiumSandbox: false });
    expect(ran.at(-1)).toMatch(
      /^env DEBIAN_FRONTEND=noninteractive .*apt-get .*install -y .* chromium-headless-shell$/,
    );
  });

  test("where there is no package of the headless shell, root installs Chromium", async () => {
    const files = [APT_GET];
    const succeeds = (command: readonly string[]) =>
      command.at(-1) === "chromium" && command.includes("-y") && files.push("/usr/bin/chromium") > 0;
    const { made, ran } = machine(files, { isRoot: true, succeeds });
    expect(await ensureBrowser(made)).toEqual({
      executablePath: "/usr/bin/chromium",
      chromiumSandbox: false,
    });
    expect(ran.map((command) => command.split(" ").at(-1))).toEqual([
      "chromium", // Playwright's download
      "chromium-headless-shell",
      "chromium",
    ]);
  });

  test("an ordinary user installs Chromium with sudo -n, which asks for no password", async () => {
    const files = [APT_GET, "/usr/bin/sudo"];
    const succeeds = (command: readonly string[]) =>
      command.includes("-y") && files.push("/usr/bin/chromium") > 0;
    const { made, ran } = machine(files, { succeeds });
    await ensureBrowser(made);
    expect(ran.at(-1)).toMatch(/^\/usr\/bin\/sudo -n env DEBIAN_FRONTEND=noninteractive .*apt-get /);
  });

  test("if no installation works, the user reads what to do", async () => {
    const { made, ran } = machine([APT_GET], { succeeds: () => false });
    await expect(ensureBrowser(made)).rejects.toThrow("set CHROMIUM_PATH");
    expect(ran).toHaveLength(1);
  });
});
