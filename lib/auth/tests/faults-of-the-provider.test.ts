import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AppInProcess } from "@/dev/testing/app-in-process.ts";
import { shortenTimeouts, startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { type Answer, unusedOrigin } from "@/dev/testing/local-server.ts";

vi.mock("next/headers", () => ({}));

const DISCOVERY = "/.well-known/openid-configuration";
const JSON_TYPE = { "content-type": "application/json" };

const op = await startScriptedProvider();
let app: AppInProcess;
afterEach(() => vi.useRealTimers());

beforeEach(async () => {
  app = await AppInProcess.start(op);
});

const timesAsked = (path: string) => op.asked.filter((one) => one === path).length;
const pass = (seconds: number) => vi.useFakeTimers({ now: Date.now() + seconds * 1000, toFake: ["Date"] });

/** Each way to fail: the answer, whether a second request may help, and what it means at discovery and elsewhere. */
const FAULTS: readonly [string, Answer, { repeated: boolean; discovery: string; elsewhere: string }][] = [
  ["resets the connection", "reset", unavailable({ repeated: true })],
  ["breaks off", "cut", unavailable({ repeated: false })],
  ["hangs", "hang", unavailable({ repeated: false })],
  ["drips", "drip", unavailable({ repeated: false })],
  ["answers 500", { status: 500, json: { error: "server_error" } }, unavailable({ repeated: false })],
  ["answers 503 in HTML", { status: 503, text: "<h1>Down</h1>" }, unavailable({ repeated: true })],
  ["answers 503, to be asked later", later(503), unavailable({ repeated: false })],
  ["answers 429, to be asked later", later(429), unavailable({ repeated: false })],
  ["answers in HTML", { text: "<h1>Welcome</h1>" }, wrong()],
  ["answers with JSON cut short", { headers: JSON_TYPE, text: '{"issuer": "htt' }, wrong()],
  ["answers with 5 MB", { headers: JSON_TYPE, text: `"${"x".repeat(5_000_000)}"` }, wrong()],
  ["answers with nothing", { headers: JSON_TYPE, text: "" }, wrong()],
];

function unavailable({ repeated }: { repeated: boolean }) {
  return { repeated, discovery: "provider_unavailable", elsewhere: "provider_unavailable" };
}

function wrong() {
  return { repeated: false, discovery: "configuration", elsewhere: "invalid_response" };
}

function later(status: number): Answer {
  return { status, headers: { "retry-after": "120" }, text: "" };
}

describe.each(FAULTS)("a provider that %s", (_, answer, { repeated, discovery, elsewhere }) => {
  test.each([
    [DISCOVERY, discovery, repeated],
    ["/jwks", elsewhere, repeated],
    ["/token", elsewhere, false],
    ["/userinfo", elsewhere, repeated],
  ] as const)(
    "at %s fails the login with the right reason, and is asked again only where that is safe",
    async (path, reason, again) => {
      op.answers[path] = () => answer;
      if (answer === "hang" || answer === "drip") shortenTimeouts(150);
      expect(await app.logIn()).toBe(`/auth/error?reason=${reason}`);
      expect(timesAsked(path)).toBe(again ? 2 : 1);
      expect(app.warnings).toMatchObject([{ requestId: "the-request", step: expect.any(String), reason }]);
      expect(app.warnings).toHaveLength(1);
      expect(await app.session()).toBeNull();
    },
  );
});

test("a provider that refuses connections is unavailable", async () => {
  app = await AppInProcess.start(op, { OIDC_ISSUER: await unusedOrigin() });
  expect(await app.logIn()).toBe("/auth/error?reason=provider_unavailable");
});

test.each([DISCOVERY, "/jwks", "/userinfo"])(
  "a connection to %s that breaks once does not fail the login",
  async (path) => {
    op.answers[path] = () => {
      delete op.answers[path];
      return "reset";
    };
    expect(await app.logIn()).toBe("/profile");
    expect(timesAsked(path)).toBe(2);
  },
);

test("a refresh token is not used a second time where the connection breaks", async () => {
  op.answers["/token"] = () => "reset";
  const { refreshTokens } = await import("../provider/index.ts");
  await expect(refreshTokens("r", {})).rejects.toMatchObject({ reason: "provider_unavailable" });
  expect(timesAsked("/token")).toBe(1);
});

// part: fapi
test("a proof of possession is not shown a second time where the connection breaks", async () => {
  op.tokenResponse = { token_type: "DPoP" };
  app = await AppInProcess.start(op, { OIDC_DPOP: "true" });
  op.answers["/userinfo"] = () => "reset";
  expect(await app.logIn()).toBe("/auth/error?reason=provider_unavailable");
  expect(timesAsked("/userinfo")).toBe(1);
});
// end part: fapi

test("OIDC_TIMEOUT is the time that every call has, both tries of it together", async () => {
  app = await AppInProcess.start(op, { OIDC_TIMEOUT: "7" });
  const timeouts = shortenTimeouts(5_000);
  expect(await app.logIn()).toBe("/profile");
  expect(timeouts.mock.calls.length).toBeGreaterThanOrEqual(4); // discovery, keys, token, userinfo
  expect(new Set(timeouts.mock.calls.flat())).toEqual(new Set([7_000]));
});

test("keys that were fetched serve on while their endpoint is down, for a day", async () => {
  expect(await app.logIn()).toBe("/profile");
  op.answers["/jwks"] = () => ({ status: 500 });
  pass(3_500);
  expect(await app.logIn()).toBe("/profile");
  pass(90_000);
  expect(await app.logIn()).toBe("/auth/error?reason=provider_unavailable");
});

describe("a clock that differs", () => {
  test.each([
    ["the provider's is 29 s ahead", 29, "/profile"],
    ["the provider's is 29 s behind, and the ID token lives for 15 s", -29, "/profile"],
    ["the provider's is 40 s ahead", 40, "/auth/error?reason=invalid_response"],
    [
      "the provider's is 60 s behind, and the ID token lives for 15 s",
      -60,
      "/auth/error?reason=invalid_response",
    ],
  ])("%s", async (_, seconds, location) => {
    const there = Math.floor(Date.now() / 1000) + seconds;
    op.claims = { iat: there, nbf: there, exp: there + 15 };
    expect(await app.logIn()).toBe(location);
  });
});
