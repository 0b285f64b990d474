import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";

/** Each child process loads this module first. The module ends the child when this process has ended. */
const PRELOAD = pathToFileURL(path.resolve(import.meta.dirname, "exit-with-parent.mjs")).href;

/**
 * Runs a script in a child process of Node.js. If the system has process groups, the child gets its own. Ctrl-C then
 * reaches only this process, and {@link endGroup} ends the child together with all processes that the child started.
 */
export function spawnNode(args: readonly string[], { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }) {
  return spawn(process.execPath, [`--import=${PRELOAD}`, ...args], {
    cwd,
    env: { ...env, PARENT_PID: String(process.pid) },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: process.platform !== "win32",
  });
}

export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Ends a child and all its processes. SIGKILL is the default, because servers may end late after other signals. */
export async function endGroup(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const ended = hasEnded(child) ? undefined : once(child, "exit");
  if (process.platform === "win32") spawnSync("taskkill", ["/pid", String(pid), "/T", "/F"]);
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has already ended.
  }
  await ended;
}

/** Waits until a server answers, with any status. @returns false if `isOver()` returns true first, or the time is up */
export async function untilItAnswers(url: string, isOver: () => boolean, limit = 30_000): Promise<boolean> {
  const deadline = Date.now() + limit;
  while (Date.now() < deadline && !isOver()) {
    const answer = await fetch(url, { method: "HEAD", redirect: "manual" }).catch(() => null);
    if (answer) return true;
    await pause(10);
  }
  return false;
}
