import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { presentLine } from "./log-lines.ts";

/** A command that runs as a child of this process. */
export interface Child {
  /** Settles when it has ended, with its exit code; 1 when a signal ended it. */
  readonly exit: Promise<number>;
  /** Ends it and every process that it has started. */
  stop(): Promise<void>;
}

/**
 * Runs a script with the Node.js that runs this, its lines shown as `presentLine` has it.
 *
 * On systems that know process groups it gets one of its own: Ctrl-C then reaches this process alone, and the group can
 * be ended as a whole, since `next dev` starts processes that start processes.
 */
export function runChild(
  args: readonly string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Child {
  const preload = pathToFileURL(path.resolve(import.meta.dirname, "../../scripts/exit-with-parent.mjs")).href;
  const colours = process.stdout.isTTY && !env.NO_COLOR;
  const child = spawn(process.execPath, [`--import=${preload}`, ...args], {
    cwd,
    env: { ...env, PARENT_PID: String(process.pid), ...(colours && { FORCE_COLOR: "1" }) },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: process.platform !== "win32",
  });
  let stopping = false;
  const show = (stream: NodeJS.ReadableStream | null, print: (line: string) => void) => {
    if (!stream) return;
    createInterface({ input: stream }).on("line", (line) => {
      const shown = stopping ? undefined : presentLine(line);
      if (shown !== undefined) print(shown);
    });
  };
  show(child.stdout, console.log);
  show(child.stderr, console.error);
  const exit = new Promise<number>((resolve) => {
    child.once("error", () => resolve(1));
    child.once("close", (code) => resolve(code ?? 1));
    // A process that it leaves behind may hold its output open: wait for its last words, but not for ever.
    child.once("exit", (code, signal) => {
      if (signal && !stopping) console.error(`${path.basename(args[0] ?? "")} was ended by ${signal}.`);
      setTimeout(resolve, 500, code ?? 1);
    });
  });
  return {
    exit,
    stop: async () => {
      stopping = true;
      killTree(child);
      await exit;
    },
  };
}

/**
 * By force, since there is nothing to save: asked politely, `next dev` kills its server after a tenth of a second
 * anyway, and leaves a process behind that reports telemetry.
 */
function killTree({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  if (process.platform === "win32") {
    spawnSync("taskkill", ["/pid", String(pid), "/T", "/F"]);
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group is gone already.
  }
}
