import { beforeEach, describe, expect, test, vi } from "vitest";
import { AppInProcess } from "@/dev/testing/app-in-process.ts";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { shortenTimeouts, startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { endSession, openSession } from "@/dev/testing/kept-sessions.ts";
import { ACCESS_TOKEN } from "@/dev/testing/scripted-provider.ts";
import { SETTINGS_FOR, STORAGES, startEmpty } from "@/dev/testing/storages.ts";
import type { Session } from "../session.ts";
import type { HookEvent, Hooks } from "./user.ts";

const TEXT = "Your account is blocked. Write to help@example.com.";
const own = vi.hoisted(() => ({
  hooks: {} as Hooks<object, string>,
  REFUSALS: {} as Record<string, string>,
  customClaims: (_claims: Record<string, unknown>): object => ({}),
}));
vi.mock("../../hooks.ts", () => own);

const op = await startScriptedProvider();
let app: AppInProcess;
let told: HookEvent<object>[];
const revoked = () => op.asked.filter((path) => path === "/revoke").length;

beforeEach(async () => {
  op.metadata = { revocation_endpoint: `${op.issuer}/revoke` };
  op.answers["/revoke"] = () => ({ text: "" });
  told = [];
  Object.assign(own, { hooks: {}, REFUSALS: { blocked: TEXT }, customClaims: () => ({}) });
  app = await AppInProcess.start(op);
});

const remember = (event: HookEvent<object>) => {
  told.push(event);
  return undefined;
};

/** Returns the reference that the error page reads from the browser's cookie. */
async function errorReference() {
  const { readErrorReference } = await import("../errors.ts");
  const id = "0b3c4f2e-1111-4222-8333-444455556666"; // a valid id, unlike the request id of this test
  const cookies = [...app.jar.cookies].map(
    ([name, value]) => [name, value.replace("the-request", id)] as const,
  );
  return readErrorReference(new FakeCookieJar(cookies));
}

describe("onLogin", () => {
  test("onLogin runs once, after the checks and before the session, and gets the user but no token", async () => {
    let hadSession: unknown;
    own.hooks.onLogin = async (event) => {
      remember(event);
      hadSession = await app.session();
      return undefined;
    };
    expect(await app.logIn()).toBe("/profile");
    expect(hadSession).toBeNull();
    const session = await app.session();
    expect(told).toEqual([
      {
        user: expect.objectContaining({ sub: "alice", email: "alice@example.com" }),
        claims: expect.objectContaining({ iss: op.issuer, sub: "alice", email: "alice@example.com" }),
        sessionId: session?.id,
        signal: expect.any(AbortSignal),
      },
    ]);
    const said = JSON.stringify(told);
    for (const token of [ACCESS_TOKEN, "refresh-1", session?.idToken ?? "-"])
      expect(said).not.toContain(token);
  });

  test("onLogin does not run for a login that fails a check", async () => {
    own.hooks.onLogin = remember;
    op.answers["/userinfo"] = () => ({ json: { sub: "bob" } });
    expect(await app.logIn()).toBe("/auth/error?reason=invalid_response");
    expect(told).toEqual([]);
  });

  test("a login that onLogin refuses starts no session, and its refresh token is revoked", async () => {
    own.hooks.onLogin = () => "blocked";
    expect(await app.logIn()).toBe("/auth/error?reason=access_denied");
    expect(await app.session()).toBeNull();
    expect(revoked()).toBe(1);
    expect(new URLSearchParams(op.requestTo("/revoke")?.body).get("token")).toBe("refresh-1");
  });

  test("a login that onLogin refuses does not change another person's session in the browser", async () => {
    await app.logIn();
    own.hooks.onLogin = () => "blocked";
    op.claims = { sub: "bob" };
    op.answers["/userinfo"] = () => ({ json: { sub: "bob" } });
    expect(await app.logIn()).toBe("/auth/error?reason=access_denied");
    expect((await app.session())?.idTokenClaims.sub).toBe("alice");
  });

  test("the error page shows the text of onLogin's refusal, in this browser only", async () => {
    const { loginErrorText } = await import("@/components/site/login-error-texts.ts");
    own.hooks.onLogin = () => "blocked";
    await app.logIn();
    const reference = await errorReference();
    expect(loginErrorText("access_denied", reference).what).toBe(TEXT);
    expect(loginErrorText("provider_error", reference).what).not.toBe(TEXT);
    expect(loginErrorText("access_denied", null).title).toBe("The login was not approved"); // another browser
  });

  test.each(["toString", "__proto__", "constructor", "unknown"])(
    "if onLogin refuses for a reason without a text (%s), the error page shows the usual text",
    async (code) => {
      const { loginErrorText } = await import("@/components/site/login-error-texts.ts");
      own.hooks.onLogin = () => code;
      expect(await app.logIn()).toBe("/auth/error?reason=access_denied");
      expect(await errorReference()).toMatchObject({ hint: null });
      expect(loginErrorText("access_denied", { requestId: "r", hint: code }).title).toBe(
        "The login was not approved",
      );
    },
  );

  test("if onLogin throws, the login fails as a configuration error, and only the log says why", async () => {
    own.hooks.onLogin = () => {
      throw new Error(`the table is missing ${op.issuer}`);
    };
    expect(await app.logIn()).toBe("/auth/error?reason=configuration");
    expect(await app.session()).toBeNull();
    expect(revoked()).toBe(1);
    expect(app.warnings.at(-1)).toMatchObject({
      reason: "configuration",
      message: "the hook onLogin failed",
      cause: expect.stringContaining("the table is missing"),
      advice: expect.stringContaining("lib/hooks.ts"),
    });
    expect(JSON.stringify(app.jar.written)).not.toContain("the table is missing");
  });

  test("if onLogin throws, its time limit causes no unhandled rejection later", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const limits = shortenTimeouts(300);
    own.hooks.onLogin = () => {
      throw new Error("at once");
    };
    await app.logIn();
    const last = limits.mock.results.at(-1)?.value as AbortSignal;
    await vi.waitUntil(() => last.aborted);
    await new Promise(setImmediate);
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test("if onLogin does not return within five seconds, the login fails, and the hook's signal is aborted", async () => {
    const limits = shortenTimeouts(300);
    own.hooks.onLogin = (event) => {
      remember(event);
      return new Promise(() => undefined);
    };
    expect(await app.logIn()).toBe("/auth/error?reason=configuration");
    expect(limits.mock.calls).toContainEqual([5_000]);
    expect(told[0]?.signal.aborted).toBe(true);
    expect(await app.session()).toBeNull();
  });
});

describe("custom claims", () => {
  test("the user has custom claims and standard claims, and custom claims cannot replace standard ones", async () => {
    own.customClaims = ({ department }) => ({ department, sub: "root", name: "Root" });
    op.claims = { department: "sales" };
    own.hooks.onLogin = remember;
    await app.logIn();
    expect(told[0]?.user).toMatchObject({ department: "sales", sub: "alice", name: "alice" });
  });

  test("if customClaims throws, the login fails, so that no page fails later", async () => {
    own.customClaims = ({ groups }) => ({ first: (groups as string[])[0] });
    expect(await app.logIn()).toBe("/auth/error?reason=configuration");
    expect(app.warnings.at(-1)?.cause).toContain("TypeError");
  });
});

describe.each(STORAGES)("onRefresh and onLogout, with sessions in %s", (storage) => {
  let session: Session;

  beforeEach(async () => {
    app = await AppInProcess.start(op, SETTINGS_FOR[storage]);
    startEmpty(storage);
    op.tokenResponse = { expires_in: 1 };
    await app.logIn();
    op.tokenResponse = { refresh_token: "refresh-2", access_token: "another-token", id_token: undefined };
    session = (await app.session()) ?? expect.fail("nobody is logged in");
    vi.useFakeTimers({ now: Date.now() + 2_000, toFake: ["Date"] });
    return () => vi.useRealTimers();
  });

  const refresh = async () => (await import("../refresh.ts")).refreshSession(session, "the-request");

  test("onRefresh runs once for many requests, and gets the user but no token", async () => {
    own.hooks.onRefresh = remember;
    const refreshed = await Promise.all(Array.from({ length: 20 }, refresh));
    for (const one of refreshed) expect(one?.accessToken).toBe("another-token");
    expect(told).toMatchObject([{ user: { sub: "alice" }, sessionId: session.id }]);
    expect(JSON.stringify(told)).not.toMatch(/another-token|refresh-[12]/);
  });

  test("onRefresh does not run for a refresh that fails", async () => {
    own.hooks.onRefresh = remember;
    op.answers["/token"] = () => ({ status: 503 });
    await refresh();
    expect(told).toEqual([]);
  });

  test.each([
    ["fails", () => Promise.reject(new Error("no disk"))],
    ["does not return within five seconds", () => new Promise<undefined>(() => undefined)],
  ])("if onRefresh %s, the error is logged, and the session is refreshed anyway", async (_, onRefresh) => {
    const { log } = await import("../../log.ts");
    const error = vi.spyOn(log, "error").mockImplementation(() => undefined);
    const limits = shortenTimeouts(300);
    own.hooks.onRefresh = onRefresh;
    expect((await refresh())?.accessToken).toBe("another-token");
    expect(error).toHaveBeenCalledWith(
      expect.objectContaining({ step: "onRefresh" }),
      "the hook onRefresh failed",
    );
    expect(limits.mock.calls).toContainEqual([5_000]);
  });

  test("onLogout runs once for a session that ends, and not for a session that has already ended", async () => {
    own.hooks.onLogout = remember;
    const copy = app.jar.copy();
    await endSession(app.jar, session);
    await endSession(copy, await openSession(copy));
    expect(told).toMatchObject([{ user: { sub: "alice" }, sessionId: session.id }]);
    expect(JSON.stringify(told)).not.toMatch(/another-token|refresh-[12]/);
  });

  test("onLogout runs for a session that a new login replaces, or whose refresh the provider refuses", async () => {
    own.hooks.onLogout = remember;
    op.tokenResponse = {};
    await app.logIn();
    expect(told.map(({ sessionId }) => sessionId)).toEqual([session.id]);
    const { currentSession } = await import("../guard.ts");
    const replacement = await app.session();
    op.answers["/token"] = () => ({ status: 400, json: { error: "invalid_grant" } });
    vi.setSystemTime(Date.now() + 4_000_000);
    const visit = { method: "GET", pathname: "/profile", search: "", headers: new Headers(), requestId: "r" };
    expect(await currentSession(app.jar, visit)).toBeNull();
    expect(told.map(({ sessionId }) => sessionId)).toEqual([session.id, replacement?.id]);
  });

  test("if onLogout fails, the session ends anyway", async () => {
    const { log } = await import("../../log.ts");
    vi.spyOn(log, "error").mockImplementation(() => undefined);
    own.hooks.onLogout = () => {
      throw new Error("no disk");
    };
    const copy = app.jar.copy();
    await endSession(app.jar, session);
    expect(await openSession(copy)).toBeNull();
  });
});
