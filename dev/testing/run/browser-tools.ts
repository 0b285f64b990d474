import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium, type LaunchOptions } from "playwright/test";
import type { Machine } from "./browser-candidates.ts";
import type { Command } from "./browser-install.ts";

/** A browser that was started once, and how. */
export interface Browser {
  path: string;
  /** Chromium's own sandbox works here: not for root, nor in a container without user namespaces. */
  sandbox: boolean;
}

/** Starts the browser once and stops it; true when it showed a page. */
export type TryBrowser = (browser: Browser) => Promise<boolean>;

export interface Tools {
  machine: Machine;
  tryBrowser: TryBrowser;
  /** Runs a command to its end; true when it succeeded. */
  run: (command: Command) => Promise<boolean>;
  say: (line: string) => void;
}

// Nothing but what a test asks for goes over the network.
const FLAGS = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The options for Playwright's `chromium.launch()` that start this browser. */
export function launchOptions({ path, sandbox }: Browser): LaunchOptions {
  return { executablePath: path, chromiumSandbox: sandbox, args: FLAGS };
}

/** This machine, with commands that really run; what they print is shown when one fails. */
export function realTools(say: Tools["say"]): Tools {
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

function runCommand(command: Command, say: Tools["say"]): Promise<boolean> {
  const { program, args, env, timeoutSeconds } = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const finish = (succeeded: boolean): void => {
      clearTimeout(timer);
      if (!succeeded) say(`  ${args.join(" ")} failed:\n${output.trim().split("\n").slice(-5).join("\n")}`);
      resolve(succeeded);
    };
    const timer = setTimeout(() => {
      child.removeAllListeners("close");
      child.kill();
      // What the command itself started may live on a little and hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
      output += `\nstopped after ${timeoutSeconds} seconds`;
      finish(false);
    }, timeoutSeconds * 1000);
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => (output += error.message));
    child.on("close", (code) => finish(code === 0));
  });
}
