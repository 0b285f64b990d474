import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "./support/test.ts";

const APP_SERVER = pathToFileURL(path.resolve(import.meta.dirname, "support/app/server.ts")).href;

test("a test run that is killed leaves no app server behind", async ({ stack }) => {
  const { APP_BASE_URL: _, ...settings } = stack.settings; // the new app has its own address
  const run = spawn(
    process.execPath,
    [
      "--input-type=module",
      "--eval",
      `const { startAppServer } = await import(${JSON.stringify(APP_SERVER)});
       console.log((await startAppServer(${JSON.stringify(settings)})).url);`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const [url] = await once(run.stdout, "data").then(([text]) => String(text).trim().split("\n"));
  const answers = () =>
    fetch(`${url}/auth/me`).then(
      () => true,
      () => false,
    );
  expect(await answers()).toBe(true);
  run.kill("SIGKILL");
  await expect.poll(answers).toBe(false);
});
