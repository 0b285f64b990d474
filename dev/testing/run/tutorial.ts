/**
 * `npm run test:tutorial`: builds the app of docs/tutorial in an empty folder, chapter by chapter. For each chapter, it
 * runs the commands, writes the files, builds the app (which checks the types), and starts the app. Then it checks in a
 * browser what the chapter promises under *What you see*. create-next-app and all packages are downloaded from npm.
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Chapter, chapterNames, readChapter } from "../../../components/learn/tutorial.ts";
import { startMessageApi } from "../../message-api/message-api.ts";
import { API_AUDIENCE, startProvider } from "../../provider/provider.ts";
import { freePort } from "../local-server.ts";
import { inFolder } from "./copy.ts";
import { build, runLine, withServer } from "./new-app.ts";
import { runSteps } from "./steps.ts";
import { CHECKS } from "./tutorial-checks.ts";

/** Matches the browser's errors for pages with status 403 or 404, which checks open on purpose. */
const ALLOWED = /status of 40[34]/;

const names = await chapterNames();
assert.deepEqual(Object.keys(CHECKS), names, "every chapter has a check");
const chapters = (await Promise.all(names.map(readChapter))).filter((chapter) => chapter !== null);

const port = await freePort();
const url = `http://localhost:${port}`;
const provider = await startProvider({ port: await freePort(), appBaseUrl: url });
const { issuer } = provider;
const api = await startMessageApi({ port: await freePort(), issuer, audience: API_AUDIENCE });
const env = { APP_BASE_URL: url, OIDC_ISSUER: issuer, API_SERVER_URL: api.url };
let folder = "";
await inFolder((home) => {
  folder = home;
  // Each chapter builds on the one before it.
  return runSteps(chapters.map((chapter) => [chapter.title, () => tryChapter(chapter)] as const));
}).finally(() => Promise.all([provider.stop(), api.stop()]));

async function tryChapter({ name, passages }: Chapter): Promise<boolean> {
  for (const { code } of passages) {
    if (code?.file) write(path.join(folder, code.file), code.text);
    else if (code?.language === "sh") for (const line of code.text.split("\n")) await type(line);
  }
  await build(folder);
  await withServer(folder, { port, env, allowed: ALLOWED }, async (page) => {
    await CHECKS[name]?.({ page, url, provider, app: folder, env });
  });
  return true;
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${text}\n`);
}

async function type(line: string): Promise<void> {
  const [, target] = /^cd (\S+)$/.exec(line) ?? [];
  if (target) folder = path.join(folder, target);
  else await runLine(line, folder);
}
