import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

/** Whether a step has passed. */
export interface Outcome {
  passed: boolean;
  /** A text for the summary, for example the number of tests. */
  detail?: string;
}

/** The outcome of a step, with its title and duration. */
export interface StepResult extends Outcome {
  title: string;
  seconds: number;
}

export type Step = readonly [title: string, work: () => Promise<Outcome | boolean>];

export const ROOT = path.resolve(import.meta.dirname, "../../..");

/** Returns the path of a command's script, for example of `next`. Node.js can run the script without a shell. */
export function bin(packageName: string, command: string): string {
  const folder = path.join(ROOT, "node_modules", packageName);
  const { bin: found } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  return path.join(folder, typeof found === "string" ? found : found[command]);
}

/** A script for Node.js, and its arguments. */
export type Command = readonly [script: string, ...args: string[]];

/** The commands of `npm run lint` and `npm run test:unit`, and the command that builds the app. */
export const LINT: Command = [bin("@biomejs/biome", "biome"), "check", "--error-on-warnings"];
export const BUILD: Command = [bin("next", "next"), "build"];
export const UNIT_TESTS: Command = [bin("vitest", "vitest"), "run", "--config=dev/testing/vitest.config.ts"];

/** The commands of `npm run typecheck`. The first generates the types of routes, which pages use for their props. */
export const TYPES: readonly Command[] = [
  [bin("next", "next"), "typegen"],
  [bin("typescript", "tsc"), "--noEmit"],
];

/** Options of {@link runNode}. By default, a script has the environment and folder of this process. */
export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Receives the output. By default, the terminal shows the output. */
  readonly print?: (text: string) => void;
  /** Aborting this signal ends the script. */
  readonly signal?: AbortSignal;
}

/** Runs scripts one after the other with this Node.js, until one fails. @returns whether all scripts succeeded */
export async function runAll(commands: readonly Command[], how: RunOptions = {}): Promise<boolean> {
  for (const command of commands) if (!(await runNode(command, how))) return false;
  return true;
}

/** Runs a script with this Node.js. If a signal ends the script, prints the signal. @returns whether it succeeded */
export function runNode(
  [script, ...args]: Command,
  { env = {}, cwd = process.cwd(), print, signal: abort }: RunOptions = {},
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", ...(print ? (["pipe", "pipe"] as const) : (["inherit", "inherit"] as const))],
      ...(abort && { signal: abort }),
    });
    for (const output of [child.stdout, child.stderr])
      output?.setEncoding("utf8").on("data", (text: string) => print?.(text));
    // The terminal sends Ctrl-C to the child too. SIGTERM reaches only this process, so this forwards it.
    const forward = (): void => void child.kill("SIGTERM");
    process.once("SIGTERM", forward);
    child.on("error", () => resolve(false));
    child.on("close", (code, signal) => {
      process.off("SIGTERM", forward);
      if (signal && !abort?.aborted) console.error(`\n${path.basename(script)} was ended by ${signal}.`);
      resolve(code === 0);
    });
  });
}

/**
 * Runs steps in the project's folder until a step fails; with `goOn`, runs all steps. If a step throws an error, prints
 * the error's message, and the step has failed. If any step fails, the exit code of this process is 1.
 */
export async function runSteps(steps: readonly Step[], how?: { goOn: boolean }): Promise<StepResult[]> {
  process.chdir(ROOT);
  process.env.NEXT_TELEMETRY_DISABLED = "1";
  Reflect.deleteProperty(process.env, "NODE_ENV"); // each step sets its own
  const results: StepResult[] = [];
  for (const [title, work] of steps) {
    console.log(`\n── ${title} ${"─".repeat(Math.max(3, 70 - title.length))}`);
    const start = performance.now();
    const outcome = await work().catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      return false;
    });
    const { passed, ...rest } = typeof outcome === "boolean" ? { passed: outcome } : outcome;
    const seconds = (performance.now() - start) / 1000;
    console.log(`${title}: ${passed ? "ok" : "FAILED"} (${seconds.toFixed(1)} s)`);
    results.push({ title, passed, seconds, ...rest });
    if (passed) continue;
    process.exitCode = 1;
    if (!how?.goOn) break;
  }
  return results;
}
