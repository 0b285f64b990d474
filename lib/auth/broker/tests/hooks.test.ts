import { beforeEach, describe, expect, test, vi } from "vitest";
import { BrokerInProcess } from "@/dev/testing/broker-in-process.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { MemoryStore } from "@/dev/testing/memory-store.ts";
import type { HookEvent, Hooks } from "@/lib/auth/user/user.ts";
import { nowInSeconds } from "@/lib/clock.ts";

const cookies = vi.hoisted(() => new Map<string, string>());
vi.mock("next/headers", async () => (await import("@/dev/testing/next-headers.ts")).nextHeaders(cookies));
const own = vi.hoisted(() => ({
  hooks: {} as Hooks<object, string>,
  REFUSALS: { blocked: "Your account is blocked." },
  customClaims: () => ({}),
}));
vi.mock("@/lib/hooks.ts", () => own);

const API = "https://api.example.com";
const REFUSED = { error: "access_denied", error_description: "This app refused the login." };

const op = await startScriptedProvider();
let store: MemoryStore;
let app: BrokerInProcess;
let told: HookEvent<object>[];

const remember = (event: HookEvent<object>) => {
  told.push(event);
  return undefined;
};
const revoked = () => op.asked.filter((path) => path === "/revoke").length;

beforeEach(async () => {
  cookies.clear();
  told = [];
  own.hooks = {};
  op.metadata = {
    device_authorization_endpoint: `${op.issuer}/device`,
    revocation_endpoint: `${op.issuer}/revoke`,
  };
  op.answers["/revoke"] = () => ({ text: "" });
  store = new MemoryStore();
  app = await BrokerInProcess.start(op, store, { OIDC_AUDIENCE: API });
});

describe("a program's login that onLogin refuses", () => {
  beforeEach(() => {
    own.hooks.onLogin = () => "blocked";
  });

  test("the browser returns to the program with access_denied, and the refresh token is revoked", async () => {
    const { searchParams } = await app.authorize();
    expect(Object.fromEntries(searchParams)).toMatchObject(REFUSED);
    expect(searchParams.has("code")).toBe(false);
    expect(revoked()).toBe(1);
  });

  test("a program that polls for a device login gets access_denied and no token", async () => {
    const device = {
      device_code: "d",
      user_code: "u",
      verification_uri: `${op.issuer}/activate`,
      expires_in: 600,
    };
    op.answers["/device"] = () => ({ json: device });
    op.claims = { nonce: undefined };
    const code = String((await app.post("device")).body?.device_code);
    const { status, body } = await app.post("token", { "device-code": code });
    expect([status, body]).toEqual([400, expect.objectContaining(REFUSED)]);
    expect(revoked()).toBe(1);
    expect(store.keys("program")).toEqual([]);
  });

  test("a program cannot exchange the provider's access token of a person whom onLogin refuses", async () => {
    const now = nowInSeconds();
    const claims = { iss: op.issuer, sub: "alice", aud: API, iat: now, exp: now + 600 };
    const subject_token = await op.sign(claims, { typ: "at+jwt" });
    const grant_type = "urn:ietf:params:oauth:grant-type:token-exchange";
    const { status, body } = await app.post("token", { grant_type, subject_token });
    expect([status, body]).toEqual([400, expect.objectContaining(REFUSED)]);
  });
});

test("the hooks for login, refresh and logout of a program get the same session id", async () => {
  own.hooks = { onLogin: remember };
  const tokens = await app.logIn();
  own.hooks = { onRefresh: remember };
  const { status, body } = await app.refresh(tokens);
  expect(status).toBe(200);
  own.hooks = { onLogout: remember };
  // The first refresh token is used again after it was replaced twice. It may be stolen, so the app ends the login.
  await app.refresh({ refresh_token: String(body?.refresh_token) });
  await app.refresh(tokens);
  expect(told).toMatchObject(Array(3).fill({ user: { sub: "alice" }, sessionId: told[0]?.sessionId }));
});
