import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AppInProcess } from "@/dev/testing/app-in-process.ts";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";

vi.mock("next/headers", () => ({}));

const PRODUCTION = "https://app.example.com";
const PREVIEW = "https://my-app-git-a-team.vercel.app";
const CALLBACK = `${PRODUCTION}/auth/callback`;
const EXPIRED = "/auth/error?reason=login_expired";

const op = await startScriptedProvider();
let preview: AppInProcess;
let production: AppInProcess;

/** Starts an app in this process. Each app has its own settings, cookies and modules. */
function start(APP_BASE_URL: string, changes: Record<string, string> = {}): Promise<AppInProcess> {
  const settings = { PREVIEW_ORIGINS: "https://my-app-*-team.vercel.app", OIDC_REDIRECT_URI: CALLBACK };
  return AppInProcess.start(op, { ...settings, APP_BASE_URL, ...changes });
}

/** Begins a login. @returns the provider's answer to it */
async function begin(app: AppInProcess): Promise<{ code: string; state: string; iss: string }> {
  const { searchParams } = await app.begin();
  op.claims = { nonce: searchParams.get("nonce") };
  return { code: "the-code", state: searchParams.get("state") ?? "", iss: op.issuer };
}

/** A state with these values, sealed with the secret that preview and production share. */
async function sealed(changes: object, place = "preview"): Promise<string> {
  const { encrypt } = await import("../seal.ts");
  const createdAt = Math.floor(Date.now() / 1000);
  return encrypt("transaction", { state: "s".repeat(43), origin: PREVIEW, createdAt, ...changes }, place);
}

const finish = (app: AppInProcess, state: string) => app.finish({ code: "the-code", state });

const cookieOf = (app: AppInProcess) => app.jar.names().find((name) => name.includes(".login."));

/** Checks that a redirect leads to the preview. @returns the query of its URL */
function handedOn(location: string | null): Record<string, string> {
  expect(location).toMatch(new RegExp(`^${PREVIEW}/auth/callback\\?`));
  return Object.fromEntries(new URL(location ?? "").searchParams);
}

afterEach(() => vi.useRealTimers());

beforeEach(async () => {
  preview = await start(PREVIEW);
  await preview.begin(); // makes the preview read its settings
  preview.jar.cookies.clear();
  production = await start(PRODUCTION);
});

describe("a preview's login", () => {
  test("a preview's login returns through production's callback, and only the preview redeems the code", async () => {
    const { searchParams } = await preview.begin("?returnTo=/orders");
    expect(searchParams.get("redirect_uri")).toBe(CALLBACK);
    op.claims = { nonce: searchParams.get("nonce") };
    const answer = { code: "the-code", state: searchParams.get("state") ?? "", iss: op.issuer };

    expect(handedOn(await production.finish(answer))).toEqual(answer);
    expect([production.jar.written, op.asked.includes("/token")]).toEqual([[], false]);

    expect(await preview.finish(answer)).toBe("/orders");
    expect(new URLSearchParams(op.requestTo("/token")?.body).get("redirect_uri")).toBe(CALLBACK);
    expect(preview.jar.names().filter((name) => name.endsWith(".session"))).toHaveLength(1);
  });

  test("a preview's login cookie is named after 32 random bytes, not after the sealed state", async () => {
    const { state } = await begin(preview);
    expect(cookieOf(preview)).toMatch(/\.login\.[\w-]{43}$/);
    expect(cookieOf(preview)).not.toContain(state);
  });

  test("the sealed state is URL-safe, and has at most 500 characters with the longest hostname of Vercel", async () => {
    const label = `my-app-${"x".repeat(63 - 12)}-team`;
    const longest = await start(`https://${label}.vercel.app`);
    expect((await begin(longest)).state).toMatch(/^[\w.-]{200,500}$/);
  });

  test("production also passes an error of the provider on to the preview", async () => {
    const { state } = await begin(preview);
    const refusal = { error: "access_denied", error_description: "no", state };
    expect(handedOn(await production.finish(refusal))).toEqual(refusal);
    expect(await preview.finish(refusal)).toBe("/auth/error?reason=access_denied");
  });

  test("production passes the query on unchanged, and the query cannot inject a header", async () => {
    const { state } = await begin(preview);
    const { finishLogin } = await import("../callback.ts");
    const search = `?code=a%0d%0aSet-Cookie:%20x&x=%2F%2Fevil.example&x=2&state=${state}&session_state=%C3%A9`;
    const request = new Request(`http://0.0.0.0:3000/auth/callback${search}`);
    const { headers } = await finishLogin(request, new FakeCookieJar(), "the-request");
    expect(headers.get("location")).toBe(`${PREVIEW}/auth/callback${search}`);
    expect(headers.get("cache-control")).toContain("no-store");
  });

  test("production passes a replayed answer on, and the preview refuses it", async () => {
    const answer = await begin(preview);
    expect(await preview.finish(answer)).toBe("/profile");
    handedOn(await production.finish(answer));
    expect(await preview.finish(answer)).toBe(EXPIRED);
    expect(op.asked.filter((path) => path === "/token")).toHaveLength(1);
  });

  test("the preview refuses an answer in a browser that did not begin the login", async () => {
    const answer = await begin(preview);
    expect(await preview.finish(answer, new FakeCookieJar())).toBe(EXPIRED);
    expect(op.asked).not.toContain("/token");
  });
});

describe("production", () => {
  test("production finishes its own logins, whose state is 32 random bytes", async () => {
    const answer = await begin(production);
    expect(answer.state).toMatch(/^[\w-]{43}$/);
    expect(await production.finish(answer)).toBe("/profile");
  });

  test("production passes nothing on if PREVIEW_ORIGINS is empty", async () => {
    const { state } = await begin(preview);
    const plain = await start(PRODUCTION, { PREVIEW_ORIGINS: "" });
    expect(await finish(plain, state)).toBe(EXPIRED);
    expect((await begin(plain)).state).toMatch(/^[\w-]{43}$/);
  });

  test.each([
    "https://evil.example",
    "https://my-app-x-team.vercel.app.evil.example",
    "https://evil.example/my-app-x-team.vercel.app",
    "https://my-app-x-team.vercel.app@evil.example",
    "https://my-app-x@evil.example/-team.vercel.app",
    "https://my-app-x.evil.example/-team.vercel.app",
    "https://my-app-x.y-team.vercel.app",
    "https://my-app-x。y-team.vercel.app",
    "https://my-app-x%2ey-team.vercel.app",
    "https://my-app-x/y-team.vercel.app",
    "https://my-app-x\\y-team.vercel.app",
    "https://my-app-x?-team.vercel.app",
    "https://my-app-x#-team.vercel.app",
    "https://my-app--team.vercel.app",
    "https://my-app-team.vercel.app",
    "https://my-app-ä-team.vercel.app",
    "https://MY-APP-X-TEAM.VERCEL.APP",
    "HTTPS://my-app-x-team.vercel.app",
    "http://my-app-x-team.vercel.app",
    "//my-app-x-team.vercel.app",
    "https://my-app-x-team.vercel.app:8443",
    "https://my-app-x-team.vercel.app/",
    "https://my-app-x-team.vercel.app\n",
    "https://x.my-app-x-team.vercel.app",
    "https://my-app-x-teamXvercelXapp",
    "javascript:alert(1)//my-app-x-team.vercel.app",
    "",
    null,
    42,
  ])("production passes nothing on to %j, even if a sealed state names it", async (origin) => {
    expect(await finish(production, await sealed({ origin }))).toBe(EXPIRED);
    expect(op.asked).not.toContain("/token");
  });

  test("production passes an answer on to every preview whose origin matches the pattern", async () => {
    const location = await finish(production, await sealed({ origin: "https://my-app-x-1-team.vercel.app" }));
    expect(location).toMatch(/^https:\/\/my-app-x-1-team\.vercel\.app\/auth\/callback\?code=/);
  });

  test("production passes nothing on for a state that is not sealed", async () => {
    const value = { state: "s".repeat(43), origin: PREVIEW, createdAt: Math.floor(Date.now() / 1000) };
    const text = Buffer.from(JSON.stringify(value)).toString("base64url");
    const unsecured = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${text}.`;
    for (const state of [text, unsecured, `.${text}`, "....", JSON.stringify(value), PREVIEW]) {
      expect(await finish(production, state)).toBe(EXPIRED);
    }
  });

  test("production passes nothing on for a state that was changed at any position", async () => {
    const { state } = await begin(preview);
    for (const at of [
      5,
      ...Array.from({ length: 40 }, (_, index) => Math.floor((state.length * index) / 40)),
    ]) {
      const put = state[at] === "A" ? "B" : "A";
      const changed = state.slice(0, at) + put + state.slice(at + 1);
      expect(await finish(production, changed), `at ${at}`).toBe(EXPIRED);
    }
    for (const other of [`${state}A`, `${state}.`, state.slice(1)]) {
      expect(await finish(production, other)).toBe(EXPIRED);
    }
  });

  test("production passes nothing on for a state that was sealed with another secret or for another purpose", async () => {
    const { encrypt } = await import("../seal.ts");
    const value = { state: "s".repeat(43), origin: PREVIEW, createdAt: Math.floor(Date.now() / 1000) };
    expect(await finish(production, await encrypt("store", value, "preview"))).toBe(EXPIRED);
    expect(await finish(production, await sealed({}, "another place"))).toBe(EXPIRED);
    await begin(preview);
    expect(await finish(production, preview.jar.read(cookieOf(preview) ?? "") ?? "")).toBe(EXPIRED);
    await start(PRODUCTION, { SESSION_SECRET: "another-secret-of-the-tests-0123456789" });
    expect(await finish(production, await sealed({}))).toBe(EXPIRED);
  });

  test("production passes nothing on more than ten minutes after the login began", async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
    const { state } = await begin(preview);
    vi.setSystemTime(Date.now() + 599_000);
    handedOn(await finish(production, state));
    vi.setSystemTime(Date.now() + 1_000);
    expect(await finish(production, state)).toBe(EXPIRED);
  });

  test("production passes nothing on if the answer has two states", async () => {
    const { state } = await begin(preview);
    const { finishLogin } = await import("../callback.ts");
    const request = new Request(`http://0.0.0.0:3000/auth/callback?code=c&state=${state}&state=${state}`);
    const { headers } = await finishLogin(request, new FakeCookieJar(), "the-request");
    expect(headers.get("location")).toBe("/auth/error?reason=invalid_response");
  });

  test("production does not accept a sealed state for one of its own logins", async () => {
    const { state } = await begin(production);
    const value = await sealed({ state, origin: PRODUCTION });
    expect(await finish(production, value)).toBe("/auth/error?reason=state_mismatch");
  });
});

describe("a preview that receives an answer", () => {
  test("a preview passes nothing on, not even to another preview", async () => {
    const value = await sealed({ origin: "https://my-app-x-team.vercel.app" });
    expect(await finish(preview, value)).toBe(EXPIRED);
  });

  test("a preview refuses the state of its own login if it was sealed for another preview", async () => {
    await begin(preview);
    const state = cookieOf(preview)?.split(".login.")[1];
    const value = await sealed({ state, origin: "https://my-app-x-team.vercel.app" });
    expect(await finish(preview, value)).toBe("/auth/error?reason=state_mismatch");
    expect(op.asked).not.toContain("/token");
  });

  test("a preview refuses the state of its own login if it is not sealed", async () => {
    await begin(preview);
    const state = cookieOf(preview)?.split(".login.")[1] ?? "";
    expect(await finish(preview, state)).toBe("/auth/error?reason=state_mismatch");
    expect(op.asked).not.toContain("/token");
  });
});
