import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { FAULTS } from "@/dev/provider/faults.ts";
import { AppInProcess } from "@/dev/testing/app-in-process.ts";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { keepSessionsIn, MemoryStore } from "@/dev/testing/memory-store.ts"; // part: store
import { ACCESS_TOKEN, ScriptedProvider } from "@/dev/testing/scripted-provider.ts";
import { SETTINGS_FOR } from "@/dev/testing/storages.ts"; // part: store
import type { Trace } from "./trace.ts";

vi.mock("next/server", () => ({ after: () => undefined }));

let op: ScriptedProvider;
beforeAll(async () => {
  op = await ScriptedProvider.start();
});
afterAll(() => op.close());
beforeEach(() => op.reset());

const TRACE = /(failed-)?trace$/;
const NO_PAR = { par: false, dpop: false };

async function traceOf(app: AppInProcess, jar = app.jar): Promise<Trace | null> {
  const { readTrace } = await import("./trace.ts");
  return readTrace(atInspector(jar), await app.session());
}

/** The check that stopped the login, as the trace shows it. */
async function caught(app: AppInProcess) {
  const { caughtBy, idTokenChecks } = await import("./checks.ts");
  const { getSettings } = await import("@/lib/settings.ts");
  const trace = await traceOf(app);
  return trace && caughtBy(trace, idTokenChecks(trace, getSettings().oidc));
}

/** The cookies that the browser sends to the inspector's pages. */
function atInspector(jar: FakeCookieJar): FakeCookieJar {
  const ours = jar.written.filter(({ name }) => TRACE.test(name));
  const last = new Map(ours.map(({ name, value }) => [name, value]));
  return new FakeCookieJar([...jar.cookies, ...[...last].filter(([, value]) => value)]);
}

const traceCookie = ({ written }: FakeCookieJar) => written.findLast(({ name }) => TRACE.test(name));

describe("the trace of a login", () => {
  test("the trace shows the request, the answer and the checks of a login, and no secret; its cookie is encrypted", async () => {
    const app = await AppInProcess.start(op);
    const { state = "", nonce = "" } = Object.fromEntries((await app.begin()).searchParams);
    op.claims = { nonce };
    expect(await app.finish({ code: "the-code", state })).toBe("/profile");
    const trace = await traceOf(app);
    expect(trace).toMatchObject({
      begun: { request: { client_id: "the-client", response_type: "code", code_challenge_method: "S256" } },
      answer: { code: "8 characters" },
      failure: null,
      sealed: { kind: "cookies" },
    });
    expect(trace?.calls.map(({ to, status }) => [to, status])).toEqual([
      ["token", 200],
      ["userinfo", 200],
    ]);
    expect(trace?.calls[0]?.sent).toMatchObject({ grant_type: "authorization_code", code: "8 characters" });
    const { idTokenChecks } = await import("./checks.ts");
    const { getSettings } = await import("@/lib/settings.ts");
    const checks = trace ? idTokenChecks(trace, getSettings().oidc) : [];
    expect(checks.map(({ result }) => result)).toEqual(checks.map(() => "passed"));
    expect(checks.map(({ name }) => name).join(" ")).toBe(
      "alg kid signature exp iss aud nonce azp iat at_hash",
    );
    const session = await app.session();
    const verifier = new URLSearchParams(op.requestTo("/token")?.body).get("code_verifier");
    const cookie = traceCookie(app.jar)?.value ?? "";
    const decoded = cookie.split(".").map((part) => Buffer.from(part, "base64url").toString());
    const texts = JSON.stringify([trace, cookie, decoded]);
    const secrets = [
      ACCESS_TOKEN,
      "the-code",
      state,
      nonce,
      verifier,
      session?.idToken,
      session?.refreshToken,
    ];
    for (const secret of secrets) expect(texts).not.toContain(secret || expect.fail());
    expect(decoded.join()).not.toContain("the-client");
  });

  test("the trace is in its own cookie, which has at most 3 KB and is sent to the inspector only", async () => {
    const app = await AppInProcess.start(op);
    op.tokenResponse = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`${at}`.repeat(45), at]));
    await app.logIn(`?login_hint=${"x".repeat(900)}&ui_locales=${"y".repeat(900)}`);
    const cookie = traceCookie(app.jar);
    expect(cookie?.options).toMatchObject({
      path: "/inspector",
      httpOnly: true,
      sameSite: "lax",
      secure: true,
    });
    expect(cookie?.name).toMatch(/^__Secure-/);
    expect(`${cookie?.name}=${cookie?.value}`.length).toBeLessThanOrEqual(3_001);
    expect(await traceOf(app)).not.toBeNull();
  });

  test("the times of the trace add at most 300 bytes to the session, even after many refreshes", async () => {
    const app = await AppInProcess.start(op);
    await app.logIn();
    const { timesAfterRefresh } = await import("./recording.ts");
    let times = (await app.session())?.times;
    expect(times?.ms).toHaveLength(6);
    for (let at = 1_796_000_000; at < 1_796_000_050; at += 1) {
      times = timesAfterRefresh(times, { refreshed: [at, 12_345] }).times;
    }
    const full = { ...times, ms: times?.ms.map(() => 599_999) };
    expect(JSON.stringify(full).length + '"times":,'.length).toBeLessThanOrEqual(300);
  });

  test("the times are left out of a session that would otherwise not fit into its cookies", async () => {
    const app = await AppInProcess.start(op);
    const ends: (boolean | null)[] = [];
    for (let length = 9_000; length < 13_000 && ends.at(-1) !== null; length += 50) {
      op.tokenResponse = { access_token: randomBytes(length).toString("base64url").slice(0, length) };
      const end = await app.logIn();
      ends.push(end === "/profile" ? (await app.session())?.times !== undefined : null);
    }
    expect([...new Set(ends)]).toEqual([true, false, null]);
  });

  test("the trace shows no part of the client secret", async () => {
    const app = await AppInProcess.start(op, { OIDC_CLIENT_SECRET: `client-secret-${"s".repeat(40)}` });
    await app.logIn();
    const trace = await traceOf(app);
    expect(trace?.calls[0]).toMatchObject({
      proof: "client_secret_post",
      sent: { client_secret: "not shown" },
    });
    expect(trace?.calls[0]?.sent.code_verifier).toBe("not shown");
    expect(JSON.stringify(trace)).not.toContain("clie…");
  });

  test("readTrace returns null for another session and for a changed cookie", async () => {
    const app = await AppInProcess.start(op);
    await app.logIn();
    const { readTrace } = await import("./trace.ts");
    const session = await app.session();
    expect(await readTrace(atInspector(app.jar), session && { ...session, id: "another" })).toBeNull();
    expect(await readTrace(atInspector(app.jar), null)).toBeNull();
    const cookie = traceCookie(app.jar);
    const altered = new FakeCookieJar();
    altered.write(cookie?.name ?? "", `${cookie?.value.slice(0, -2)}AA`, {});
    expect(await readTrace(altered, session)).toBeNull();
  });

  test("the login cookie stays below 4,000 characters even if the page to return to has a long URL", async () => {
    const app = await AppInProcess.start(op);
    const long = `/profile?${"a".repeat(1_900)}`;
    expect(await app.logIn(`?returnTo=${encodeURIComponent(long)}`)).toBe(long);
    const login = app.jar.written.find(({ name }) => name.includes("login."));
    expect(String(login?.value).length).toBeLessThan(4_000);
    expect(await traceOf(app)).toMatchObject({
      begun: null,
      times: { ms: [null, null, ...Array(4).fill(expect.any(Number))] },
    });
  });

  test("a logout removes the trace of the login and the trace of a failed login", async () => {
    const app = await AppInProcess.start(op);
    await app.logIn();
    await app.finish({ error: "access_denied" });
    const { logOut } = await import("../logout.ts");
    expect(atInspector(app.jar).names()).toHaveLength(app.jar.names().length + 2);
    await logOut(new Request("https://app.example.com/auth/logout", { method: "POST" }), app.jar, "r");
    expect(atInspector(app.jar).names()).toEqual(app.jar.names());
  });

  // part: store
  test("with a session store, the trace is in the store and is deleted with its session", async () => {
    const app = await AppInProcess.start(op, SETTINGS_FOR["a store"]);
    const store = new MemoryStore();
    keepSessionsIn(store);
    await app.logIn();
    expect(store.keys("trace")).toHaveLength(1);
    expect(await traceOf(app)).toMatchObject({ failure: null, sealed: { kind: "store", cookies: 1 } });
    expect(atInspector(app.jar).names()).toEqual(app.jar.names());
    const { removeSession } = await import("../stored/stored-session.ts");
    const { digest } = await import("../stored/records.ts");
    const session = await app.session();
    await removeSession(digest(session?.id ?? ""));
    expect(store.keys("trace")).toEqual([]);
    const { keepTrace } = await import("./trace.ts");
    if (session) await keepTrace(app.jar, session); // too late: the session has already ended
    expect(store.keys("trace")).toEqual([]);
  });
  // end part: store
});

test("the list of faults is null if the provider answers with an error, even if its body is a list", async () => {
  await AppInProcess.start(op);
  const { getFaults } = await import("./faults.ts");
  const { getProviderMetadata } = await import("../provider/index.ts");
  const metadata = { ...(await getProviderMetadata()), faults_endpoint: `${op.issuer}/faults` };
  const list = [{ id: "wrong-nonce", title: "The ID token is for another login" }];
  op.answers["/faults"] = () => ({ json: list });
  expect(await getFaults(metadata)).toEqual({ endpoint: metadata.faults_endpoint, faults: list });
  op.answers["/faults"] = () => ({ status: 500, json: list });
  expect(await getFaults(metadata)).toBeNull();
});

describe("the trace of a failed login", () => {
  const now = () => Math.floor(Date.now() / 1000);
  test.each<[string, () => unknown, string]>([
    ["a foreign audience", () => Object.assign(op.claims, { aud: "another" }), "aud"],
    ["a foreign issuer", () => Object.assign(op.claims, { iss: "https://evil.example" }), "iss"],
    ["an expired ID token", () => Object.assign(op.claims, { exp: now() - 3_600 }), "exp"],
    ["a foreign nonce", () => Object.assign(op.claims, { nonce: "n".repeat(43) }), "nonce"],
    ["a foreign azp", () => Object.assign(op.claims, { azp: "another" }), "azp"],
    ["an ID token from the future", () => Object.assign(op.claims, { iat: now() + 3_600 }), "iat"],
    ["a foreign at_hash", () => Object.assign(op.claims, { at_hash: "A".repeat(22) }), "at_hash"],
    ["a foreign key", () => op.signWithForeignKey(), "signature"],
  ])("the trace of a login that fails because of %s names the failed check", async (_what, breakIt, name) => {
    const app = await AppInProcess.start(op);
    await breakIt();
    expect(await app.logIn()).toMatch(/^\/auth\/error/);
    expect(await caught(app)).toBe(name);
    await op.rotateKeys("first");
  });

  test.each([
    ["is an hour old", -3_600, "iss aud auth_time nonce azp iat"],
    ["is in the future", 3_600, "iss aud nonce azp iat auth_time"],
  ])("the checks are in the order in which they are made if auth_time %s", async (_what, offset, order) => {
    const app = await AppInProcess.start(op);
    op.claims = { auth_time: now() + offset };
    expect(await app.logIn("?max_age=60")).toMatch(/^\/auth\/error/);
    expect(await caught(app)).toBe("auth_time");
    const { idTokenChecks } = await import("./checks.ts");
    const { getSettings } = await import("@/lib/settings.ts");
    const trace = (await traceOf(app)) ?? expect.fail("there is no trace");
    const names = idTokenChecks(trace, getSettings().oidc).map(({ name }) => name);
    expect(names.join(" ")).toBe(`alg kid signature exp ${order} at_hash`);
  });

  test("the trace names an unknown state as the failed check, until the next login succeeds", async () => {
    const app = await AppInProcess.start(op);
    await app.begin();
    await app.finish({ code: "the-code", state: "s".repeat(43) });
    expect(await caught(app)).toBe("state");
    await app.logIn();
    expect(await traceOf(app)).toMatchObject({ failure: null });
  });

  test("the trace of a failed login is shown for ten minutes, and then the trace of the session again", async () => {
    const app = await AppInProcess.start(op);
    await app.logIn();
    await app.finish({ error: "access_denied", error_description: "Call this number" });
    const jar = atInspector(app.jar);
    const { readTrace } = await import("./trace.ts");
    const session = await app.session();
    const failed = await readTrace(jar, session);
    expect(failed).toMatchObject({ failure: { reason: "login_expired" } });
    expect(JSON.stringify(failed)).not.toContain("Call this number"); // the text may be an attacker's
    vi.useFakeTimers({ now: Date.now() + 601_000, toFake: ["Date"] });
    try {
      expect(await readTrace(jar, session)).toMatchObject({
        failure: null,
        answer: { code: "8 characters" },
      });
    } finally {
      vi.useRealTimers();
    }
  });

  test("the trace does not show the next person at this browser who tried to log in", async () => {
    const app = await AppInProcess.start(op);
    op.answers["/userinfo"] = () => ({ json: { sub: "mallory-the-second" } });
    op.claims = { sub: "alice-the-first" };
    await app.logIn();
    const text = JSON.stringify(await traceOf(app));
    expect(text).not.toMatch(/alice-the-first|mallory-the-second/);
    expect(await caught(app)).toBe("userinfo");
  });

  test("the trace of a login that the person cancelled names no failed check", async () => {
    const app = await AppInProcess.start(op);
    const { searchParams } = await app.begin();
    await app.finish({ error: "access_denied", state: searchParams.get("state") ?? "" });
    expect(await traceOf(app)).toMatchObject({ failure: { reason: "access_denied" } });
    expect(await caught(app)).toBeNull();
  });
});

describe("values in a trace", () => {
  test("a value is shown, hashed or shortened, and of a short secret only the length is shown", async () => {
    const { shown } = await import("./recording.ts");
    const code = "abcdefghijklmnopqrstuvwxyz0123456789";
    const values = shown([
      ["scope", "openid"],
      ["code", code],
      ["invitation", "short"],
      ["state", "s"],
      ["prompt", "x".repeat(500)],
    ]);
    expect(values).toMatchObject({ scope: "openid", code: "abcd…6789", invitation: "5 characters" });
    expect(values.state).toMatch(/^SHA-256 [\w-]{10}…$/);
    expect(values.prompt?.length).toBe(100);
  });
});

describe("options that the inspector can try in a login", () => {
  test("an option is tried only if the provider supports it, so a link cannot make a login fail", async () => {
    const app = await AppInProcess.start(op);
    expect((await app.begin("?try=par")).searchParams.has("code_challenge")).toBe(true);
    expect((await app.begin("?try=form_post")).searchParams.get("response_mode")).toBeNull();
    op.metadata = { response_modes_supported: ["query", "form_post"] };
    const supporting = await AppInProcess.start(op);
    expect((await supporting.begin("?try=form_post")).searchParams.get("response_mode")).toBe("form_post");
  });

  test("only the app's own links can try an option, and at most 60 times a minute", async () => {
    await AppInProcess.start(op);
    const { isTried, startRecording } = await import("./recording.ts");
    const { tryOption } = await import("./trials.ts");
    const follow = async (site: string): Promise<boolean> => {
      const headers = { "sec-fetch-site": site };
      startRecording(new Request("https://app.example.com/auth/login?try=form_post", { headers }));
      await tryOption(new URLSearchParams("try=form_post"));
      return isTried("form_post");
    };
    op.metadata = { response_modes_supported: ["query", "form_post"] };
    for (const site of ["cross-site", "same-site", "none"]) expect(await follow(site)).toBe(false);
    const tried: boolean[] = [];
    for (let time = 0; time < 70; time += 1) tried.push(await follow("same-origin"));
    expect(tried.filter(Boolean)).toHaveLength(60);
  });

  test("differences lists the parameters that the link added, not those of the settings", async () => {
    await AppInProcess.start(op, {
      OIDC_AUDIENCE: "https://api.example",
      OIDC_AUTHORIZATION_PARAMS: "foo=bar",
    });
    const { differences } = await import("./trials.ts");
    const request = { scope: "openid", audience: "https://api.example", foo: "bar", prompt: "login" };
    expect(differences(request, NO_PAR)).toEqual(["prompt=login"]);
    expect(differences({}, { par: true, dpop: true })).toHaveLength(2); // part: fapi
  });
});

describe("lessons of the inspector", () => {
  test("each fault of the embedded provider has a lesson, and each lesson names code that exists", async () => {
    const { FAULTS_WITH_LESSONS, LESSONS, lessonOf } = await import("./lessons.ts");
    for (const { source } of Object.values(LESSONS)) {
      const [file, name] = source;
      expect(existsSync(file) && readFileSync(file, "utf8").includes(name), source.join(" ")).toBe(true);
    }
    expect([...FAULTS_WITH_LESSONS].sort()).toEqual(Object.keys(FAULTS).sort());
    expect(lessonOf("constructor")).toBeNull();
  });
});
