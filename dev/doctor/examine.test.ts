import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { allText, DoctorStage, only, SESSION_SECRET, statuses } from "@/dev/doctor/test-stage.ts";
import { startMessageApi } from "@/dev/message-api/message-api.ts";
import { API_AUDIENCE, CONFIDENTIAL_CLIENT, startProvider } from "@/dev/provider/provider.ts";
import { freePort, unusedOrigin } from "@/dev/testing/local-server.ts";

import { CHECKS } from "./check.ts";

let stage: DoctorStage;
beforeAll(async () => {
  stage = await DoctorStage.start();
});
beforeEach(() => stage.reset());
afterAll(() => stage.close());

test("a correct configuration has one ok finding for each check", async () => {
  const examination = await stage.examine();
  const expected = new Map(Object.keys(CHECKS).map((check) => [check, "ok"]));
  expected.delete("token-broker"); // part: broker
  expect(statuses(examination)).toEqual(Object.fromEntries(expected));
});

test("the embedded provider and the message API pass every check", async () => {
  const [providerPort, apiPort] = [await freePort(), await freePort()];
  const provider = await startProvider({ port: providerPort, appBaseUrl: "http://localhost:4040" });
  const api = await startMessageApi({ port: apiPort, issuer: provider.issuer, audience: API_AUDIENCE });
  const examination = await stage.examine({
    APP_BASE_URL: "http://localhost:4040",
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: CONFIDENTIAL_CLIENT.id,
    OIDC_CLIENT_SECRET: CONFIDENTIAL_CLIENT.secret,
    OIDC_AUDIENCE: API_AUDIENCE,
    API_SERVER_URL: api.url,
  });
  await provider.stop();
  await api.stop();
  expect(allText(examination)).not.toContain("could not be checked");
  expect(new Set(Object.values(statuses(examination)))).toEqual(new Set(["ok"]));
  expect(only(examination, "client-authentication").seen).toContain("rejects it with a wrong secret");
});

test("an unreachable provider is one error; checks that need the provider are skipped, and others run", async () => {
  const examination = await stage.examine({ OIDC_ISSUER: await unusedOrigin() });
  expect(only(examination, "discovery")).toMatchObject({
    status: "error",
    seen: expect.stringContaining("ECONNREFUSED"),
  });
  const { discovery, ...rest } = statuses(examination);
  expect(rest).toMatchObject({
    settings: "ok",
    "session-secret": "ok",
    "session-store": "ok", // part: store
    "message-api": "ok",
    clock: "ok",
    keys: "skipped",
    "log-out": "skipped",
  });
});

test("a request without an answer is aborted at the time limit", async () => {
  stage.op.answers["/.well-known/openid-configuration"] = () => "hang";
  const startedAt = performance.now();
  const examination = await stage.examine({}, { timeLimit: 300 });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(only(examination, "discovery")).toMatchObject({
    status: "error",
    seen: expect.stringContaining("cannot be reached"),
  });
});

test("several requests without an answer are all aborted at the same time limit", async () => {
  for (const path of ["/authorize", "/token", "/logout"]) stage.op.answers[path] = () => "hang";
  const startedAt = performance.now();
  const found = statuses(await stage.examine({}, { timeLimit: 500 }));
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(found).toMatchObject({
    discovery: "ok",
    keys: "ok",
    "authentication-request": "error",
    "client-authentication": "error",
    "log-out": "error",
    scope: "skipped",
    "message-api": "ok",
  });
});

test("the examination restores globalThis.fetch at its end", async () => {
  const before = globalThis.fetch;
  await stage.examine();
  expect(globalThis.fetch).toBe(before);
});

test("while npm run dev is not running, the servers that it would start cause no error", async () => {
  const down = await unusedOrigin();
  const examination = await stage.examine(
    { OIDC_ISSUER: down, API_SERVER_URL: down },
    { mode: "development", brought: { provider: true, api: true } },
  );
  expect(only(examination, "discovery")).toMatchObject({
    status: "skipped",
    seen: expect.stringContaining("npm run dev"),
  });
  expect(only(examination, "message-api").status).toBe("skipped");
  expect(Object.values(statuses(examination))).not.toContain("error");
});

test("a check that throws is an error, and the other checks continue", async () => {
  // The check "PKCE" throws, because it expects a list.
  stage.op.metadata.code_challenge_methods_supported = 42;
  const found = await stage.examine();
  expect(only(found, "pkce")).toMatchObject({
    status: "error",
    seen: expect.stringContaining("could not be checked"),
  });
  expect(statuses(found)["client-authentication"]).toBe("ok");
});

test("errors in the session settings and at the provider are reported together", async () => {
  stage.op.answers["/logout"] = () => ({ status: 400, text: "<p>Invalid redirect uri</p>" });
  const found = await stage.examine({ SESSION_SECRET: "short", SESSION_MAX_AGE: "long" });
  expect(found.results.settings?.map(({ seen }) => seen)).toEqual([
    expect.stringMatching(/^SESSION_SECRET has 5 characters/),
    expect.stringMatching(/^SESSION_MAX_AGE is "long"/),
  ]);
  expect(statuses(found)).toMatchObject({ "session-secret": "skipped", "log-out": "error", keys: "ok" });
});

test("if a setting that the provider's checks need is missing, the examination ends", async () => {
  const found = await stage.examine({ APP_BASE_URL: undefined, SESSION_SECRET: `${SESSION_SECRET},short` });
  expect(found.results.settings?.map(({ status }) => status)).toEqual(["error", "error"]);
  expect(Object.keys(found.results)).toEqual(["settings"]);
  expect(stage.op.asked).toEqual([]);
});
