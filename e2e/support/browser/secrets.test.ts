import { expect, test } from "vitest";
import { LogWatch } from "../app/log-watch.ts";
import { ServerLog } from "../app/server-log.ts";
import { Secrets } from "./secrets.ts";

const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";

function watched(...lines: string[]): LogWatch {
  const secrets = new Secrets();
  secrets.addTokenResponse(JSON.stringify({ access_token: JWT, refresh_token: "opaque-refresh-token" }));
  const log = new ServerLog();
  const watch = new LogWatch(secrets);
  watch.follow(log);
  log.lines.push(...lines);
  return watch;
}

test.each([
  `{"msg":"${JWT}"}`,
  `GET /?id_token_hint=${JWT}&state=1`,
  '{"body":"opaque-refresh-token"}',
  " ⨯ Error: something",
  "unhandledRejection: Error",
  "Uncaught Exception: Error",
])("the log watch reports a log with %s", async (line) => {
  expect(await watched('{"msg":"fine"}', line).take([])).toHaveLength(1);
});

test("the log watch reports nothing in a log without tokens and uncaught errors", async () => {
  expect(await watched('{"level":"error","msg":"provider unavailable"}', "▲ Next.js").take([])).toEqual([]);
});

test("the log watch reports a line only once", async () => {
  const watch = watched(" ⨯ Error: something");
  await watch.take([]);
  expect(await watch.take([])).toEqual([]);
});

test("the log watch accepts an allowed error, but never a token", async () => {
  const watch = watched(" ⨯ Error: announced", ` ⨯ Error: announced ${JWT}`);
  expect(await watch.take([/announced/])).toEqual([expect.stringContaining("a raw token")]);
});
