import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";

/** A module that ends the process that loads it when the parent has ended, so that no server outlives its parent. */
const PRELOAD = pathToFileURL(path.resolve(import.meta.dirname, "exit-with-parent.mjs")).href;

/**
 * Runs a script with the same Node.js. Where the system has process groups, the child gets its own group: Ctrl-C then
 * reaches only this process, and {@link endGroup} can end the child with all processes that it has started.
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

/** Ends a child and all processes that it started. SIGKILL is the default, because a graceful end waits for clients. */
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

/** Waits until a server answers a request, with any status. @returns false if `isOver()` is true first or time is up */
export async function untilItAnswers(url: string, isOver: () => boolean, limit = 30_000): Promise<boolean> {
  const deadline = Date.now() + limit;
  while (Date.now() < deadline && !isOver()) {
    const answer = await fetch(url, { method: "HEAD", redirect: "manual" }).catch(() => null);
    if (answer) return true;
    await pause(10);
  }
  return false;
}
