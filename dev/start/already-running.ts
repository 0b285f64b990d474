import { readFile } from "node:fs/promises";
import path from "node:path";
import { SITE } from "../../lib/site.ts";
import { SettingError } from "../../scripts/command-line.mjs";
import { answers } from "./ports.ts";

/**
 * Checks that no `npm run dev` runs from this folder already: Next.js lets one alone, and would say so after everything
 * else has been started. Its lock file stays behind where it was killed, so the process and its port are looked at, too.
 *
 * @throws SettingError saying where it runs
 */
export async function checkNotRunning(root: string): Promise<void> {
  const { pid, port, appUrl } = await readLock(path.join(root, ".next/dev/lock"));
  if (typeof pid !== "number" || typeof port !== "number") return;
  if (!isAlive(pid) || !(await answers(port, "localhost"))) return;
  throw new SettingError(
    `${SITE.name} already runs from this folder, at ${appUrl} (process ${pid}). Use it, or end it with Ctrl-C there first.`,
  );
}

async function readLock(file: string): Promise<Record<string, unknown>> {
  try {
    return Object(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return {};
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // somebody else's
  }
}
