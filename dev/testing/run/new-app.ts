/** Tools for tests of new Next.js apps outside of this project. They run commands, and build and serve an app. */
import assert from "node:assert/strict";
import { exec } from "node:child_process";
import { promisify } from "node:util";
import { chromium, type Page } from "playwright/test";
import { endGroup, hasEnded, spawnNode, untilItAnswers } from "../../node-child.ts";
import { browserLaunchOptions } from "./browser.ts";

const TIME_LIMIT = 600_000; // ms, for a command on a busy machine

/** Runs a command line in a shell. npm asks no questions. @throws Error with the output if the command fails */
export async function runLine(line: string, cwd: string): Promise<void> {
  console.log("+", line);
  const env = { ...process.env, npm_config_yes: "true" };
  const running = promisify(exec)(line, { cwd, env, timeout: TIME_LIMIT, maxBuffer: 64 * 1024 * 1024 });
  running.child.stdin?.end();
  await running.catch(({ message, stdout, stderr }) => {
    throw new Error([message, stdout, stderr].join("\n"));
  });
}

/** Builds an app. Next.js also checks the app's types. */
export function build(app: string): Promise<void> {
  return runLine("npx next build", app);
}

/**
 * Serves an app's build while `work` uses the app in a browser. The settings in `env` take precedence over the app's
 * `.env.local`. `allowed` matches the errors that `work` causes in the browser on purpose.
 * @throws AssertionError if the app does not answer, or another error occurs in the browser; any error of `work`
 */
export async function withServer(
  app: string,
  { port, env, allowed }: { port: number; env?: Readonly<Record<string, string>>; allowed: RegExp },
  work: (page: Page) => Promise<void>,
): Promise<void> {
  const server = startServer(app, port, env);
  const browser = await chromium.launch(await browserLaunchOptions());
  try {
    const answers = await untilItAnswers(`http://localhost:${port}`, () => hasEnded(server.child));
    assert.ok(answers, "the app does not answer");
    const page = await browser.newPage();
    page.setDefaultTimeout(30_000);
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    page.on("console", (entry) => entry.type() === "error" && errors.push(entry.text()));
    await work(page);
    const unexpected = errors.filter((error) => !allowed.test(error));
    assert.deepEqual(unexpected, []);
  } catch (error) {
    console.error(server.log());
    throw error;
  } finally {
    await browser.close();
    await endGroup(server.child);
  }
}

/** Starts the server of an app's build. `log` returns the server's output so far. */
export function startServer(app: string, port: number, env: Readonly<Record<string, string>> = {}) {
  const args = ["node_modules/next/dist/bin/next", "start", "--port", String(port)];
  const child = spawnNode(args, { cwd: app, env: { ...process.env, ...env } });
  let log = "";
  for (const output of [child.stdout, child.stderr]) output?.on("data", (chunk) => (log += chunk));
  return { child, log: () => log };
}
