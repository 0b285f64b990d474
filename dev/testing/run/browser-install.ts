import { type Machine, namesOnPath } from "./browser-candidates.ts";

export interface Command {
  program: string;
  args: string[];
  env?: Record<string, string>;
  timeoutSeconds: number;
  /** The plan goes on when this command fails. */
  mayFail?: boolean;
}

/** One way to get a browser onto the machine. */
export interface InstallPlan {
  title: string;
  commands: Command[];
}

// An unreachable download host must not hold up the next way: Playwright tries five times, this long each.
const CONNECT_MILLISECONDS = "8000";

/**
 * Lists the ways to install a browser, in the order to try them: Playwright's download needs no rights and is
 * the same everywhere; the system's packages need root, or `sudo` without a password.
 *
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

  // Only where the download came through and then would not start.
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
  // As arguments of `env`, since sudo drops the environment: a package must never stop to ask a question.
  const quiet = [
    "DEBIAN_FRONTEND=noninteractive",
    apt,
    "-o",
    "DPkg::Lock::Timeout=60",
    "-o",
    "Acquire::Retries=1",
  ];
  return [
    // A broken third-party source makes the update fail and harms nothing.
    { program: "env", args: [...quiet, "update"], timeoutSeconds: 120, mayFail: true },
    {
      program: "env",
      args: [...quiet, "install", "-y", "--no-install-recommends", "chromium"],
      timeoutSeconds: 300,
    },
  ];
}
