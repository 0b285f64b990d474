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

/** Each row: what the provider does, its answer, and the result. The reason of the failed login depends on the URL. */
const FAULTS: readonly [string, Answer, { repeated: boolean; discovery: string; elsewhere: string }][] = [
  ["resets the connection", "reset", unavailable({ repeated: true })],
  ["cuts off its answer", "cut", unavailable({ repeated: false })],
  ["does not answer", "hang", unavailable({ repeated: false })],
  ["answers very slowly", "drip", unavailable({ repeated: false })],
  ["answers 500", { status: 500, json: { error: "server_error" } }, unavailable({ repeated: false })],
  ["answers 503 in HTML", { status: 503, text: "<h1>Down</h1>" }, unavailable({ repeated: true })],
  ["answers 503 with Retry-After", later(503), unavailable({ repeated: false })],
  ["answers 429 with Retry-After", later(429), unavailable({ repeated: false })],
  ["answers in HTML", { text: "<h1>Welcome</h1>" }, wrong()],
  ["answers with incomplete JSON", { headers: JSON_TYPE, text: '{"issuer": "htt' }, wrong()],
  ["answers with 5 MB", { headers: JSON_TYPE, text: `"${"x".repeat(5_000_000)}"` }, wrong()],
  ["answers with an empty body", { headers: JSON_TYPE, text: "" }, wrong()],
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
    "a fault at %s fails the login with %s (the app repeats the request: %s)",
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

test("a login fails with provider_unavailable if the provider refuses connections", async () => {
  app = await AppInProcess.start(op, { OIDC_ISSUER: await unusedOrigin() });
  expect(await app.logIn()).toBe("/auth/error?reason=provider_unavailable");
});

test.each([DISCOVERY, "/jwks", "/userinfo"])(
  "a login succeeds if a connection to %s breaks only once",
  async (path) => {
    op.answers[path] = () => {
      delete op.answers[path];
      return "reset";
    };
    expect(await app.logIn()).toBe("/profile");
    expect(timesAsked(path)).toBe(2);
  },
);

test("the app does not send a refresh token again after the connection breaks", async () => {
  op.answers["/token"] = () => "reset";
  const { refreshTokens } = await import("../provider/index.ts");
  await expect(refreshTokens("r", {})).rejects.toMatchObject({ reason: "provider_unavailable" });
  expect(timesAsked("/token")).toBe(1);
});

// part: fapi
test("the app does not send a DPoP proof again after the connection breaks", async () => {
  op.tokenResponse = { token_type: "DPoP" };
  app = await AppInProcess.start(op, { OIDC_DPOP: "true" });
  op.answers["/userinfo"] = () => "reset";
  expect(await app.logIn()).toBe("/auth/error?reason=provider_unavailable");
  expect(timesAsked("/userinfo")).toBe(1);
});
// end part: fapi

test("OIDC_TIMEOUT limits every call of the provider, including its repetition", async () => {
  app = await AppInProcess.start(op, { OIDC_TIMEOUT: "7" });
  const timeouts = shortenTimeouts(5_000);
  expect(await app.logIn()).toBe("/profile");
  expect(timeouts.mock.calls.length).toBeGreaterThanOrEqual(4); // for discovery, keys, token and userinfo
  expect(new Set(timeouts.mock.calls.flat())).toEqual(new Set([7_000]));
});

test("the app uses cached keys for a day while their endpoint fails", async () => {
  expect(await app.logIn()).toBe("/profile");
  op.answers["/jwks"] = () => ({ status: 500 });
  pass(3_500);
  expect(await app.logIn()).toBe("/profile");
  pass(90_000);
  expect(await app.logIn()).toBe("/auth/error?reason=provider_unavailable");
});

describe("a provider whose clock differs", () => {
  test.each([
    ["a login succeeds if the provider's clock is 29 s ahead", 29, "/profile"],
    [
      "a login succeeds if the provider's clock is 29 s behind and the ID token lives for 15 s",
      -29,
      "/profile",
    ],
    ["a login fails if the provider's clock is 40 s ahead", 40, "/auth/error?reason=invalid_response"],
    [
      "a login fails if the provider's clock is 60 s behind and the ID token lives for 15 s",
      -60,
      "/auth/error?reason=invalid_response",
    ],
  ])("%s", async (_, seconds, location) => {
    const there = Math.floor(Date.now() / 1000) + seconds;
    op.claims = { iat: there, nbf: there, exp: there + 15 };
    expect(await app.logIn()).toBe(location);
  });
});
