import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { endSession, openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import { SITE } from "../site.ts";
import type { Session } from "./session.ts";

const NOW = 1_700_000_000;

let lib: typeof import("./session-cookie.ts") & typeof import("./session.ts");

/** Restarts the server: its memory is empty, but browsers keep their cookies. */
async function restart(settings: Record<string, string> = {}): Promise<void> {
  freshProcess({ SESSION_MAX_AGE: "1000", SESSION_IDLE_TIMEOUT: "100", ...settings });
  lib = { ...(await import("./session-cookie.ts")), ...(await import("./session.ts")) };
}

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW * 1000, toFake: ["Date"] });
  await restart();
  return () => vi.useRealTimers();
});

const newSession = (changes = {}): Session => lib.createSession(tokenSet(changes), { sub: "alice" });
const at = (seconds: number) => vi.setSystemTime((NOW + seconds) * 1000);

async function jarWith(session: Session): Promise<FakeCookieJar> {
  const jar = new FakeCookieJar();
  await startSession(jar, session);
  return jar;
}

describe("keeping a session in cookies", () => {
  test("what was saved is opened again, also by a server that has just started [C15]", async () => {
    const session = newSession();
    const jar = await jarWith(session);
    expect(await openSession(jar)).toEqual(session);
    await restart();
    expect(await openSession(jar)).toEqual(session);
  });

  test("no token stands in the cookie in the clear", async () => {
    const [cookie] = (await jarWith(newSession())).written;
    expect(cookie?.value).not.toMatch(/access-token|refresh-token|alice@|eyJ[\w-]{5,}\./);
  });

  test("without cookies there is no session, and nothing is unreadable", async () => {
    const onUnreadable = vi.fn();
    expect(await openSession(new FakeCookieJar(), onUnreadable)).toBeNull();
    expect(onUnreadable).not.toHaveBeenCalled();
  });

  test("a session that is saved again replaces all of the one before", async () => {
    const jar = await jarWith(newSession());
    await startSession(jar, newSession({ refreshToken: null, accessToken: "another" }));
    await restart();
    expect(await openSession(jar)).toMatchObject({ accessToken: "another", refreshToken: null });
  });

  test("nothing of the one before remains, not even what this version does not know", async () => {
    const jar = await jarWith({ ...newSession(), unknown: "x" } as Session);
    await startSession(jar, newSession());
    await restart();
    expect(await openSession(jar)).not.toHaveProperty("unknown");
  });

  test("a session of another version is not read", async () => {
    const jar = await jarWith({ ...newSession(), v: 2 as unknown as 1 });
    await restart();
    expect(await openSession(jar)).toBeNull();
  });
});

describe("the session's cookie", () => {
  test("is for this app's server alone, until the idle time is over", async () => {
    const [cookie] = (await jarWith(newSession())).written;
    expect(cookie).toMatchObject({
      name: `__Host-${SITE.id}.session`,
      options: { httpOnly: true, sameSite: "lax", path: "/", secure: true, maxAge: 100 },
    });
    expect(cookie?.options).not.toHaveProperty("domain");
  });

  test("over plain http is neither Secure nor named __Host-", async () => {
    await restart({ APP_BASE_URL: "http://localhost:4040" });
    const [cookie] = (await jarWith(newSession())).written;
    expect(cookie?.name).not.toContain("__Host-");
    expect(cookie).toMatchObject({ options: { secure: false, httpOnly: true } });
  });

  test.each([
    ["https://app.example.com", `__Host-${SITE.id}.session`],
    ["https://app.example.com:8443", `__Host-${SITE.id}.session`],
    ["http://192.168.1.20:4040", `${SITE.id}.session`],
    ["http://localhost", `${SITE.id}.session`],
    ["http://localhost:4040", `${SITE.id}.4040.session`],
    ["http://app.localhost:4041", `${SITE.id}.4041.session`],
    ["http://127.0.0.1:3000", `${SITE.id}.3000.session`],
    ["http://[::1]:3000", `${SITE.id}.3000.session`],
    ["https://localhost:3000", `__Host-${SITE.id}.3000.session`],
    ["http://notlocalhost:3000", `${SITE.id}.session`],
  ])("at %s is %s: on a loopback address ports share their cookies", async (origin, name) => {
    await restart({ APP_BASE_URL: origin });
    expect((await jarWith(newSession())).names()).toEqual([name]);
  });

  test("a big session is spread over several, none above what browsers take, and comes out whole", async () => {
    const big = newSession({ accessToken: "t".repeat(7_000) });
    const jar = await jarWith(big);
    expect(jar.cookies.size).toBeGreaterThan(1);
    for (const { name, value } of jar.written) expect(name.length + value.length).toBeLessThan(4_096);
    await restart();
    expect((await openSession(jar))?.accessToken).toBe(big.accessToken);
  });

  test("a session that becomes small leaves no piece of the big one behind", async () => {
    const jar = await jarWith(newSession({ accessToken: "t".repeat(7_000) }));
    await startSession(jar, newSession());
    expect(jar.names()).toEqual([`__Host-${SITE.id}.session`]);
    await restart();
    expect((await openSession(jar))?.accessToken).toBe("access-token-0");
  });

  test("tokens too big for cookies are a configuration error that holds none of them", async () => {
    const saved = jarWith(newSession({ accessToken: "t".repeat(20_000) }));
    const error = await saved.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "LoginError", reason: "configuration" });
    expect(JSON.stringify(error) + String(error)).not.toContain("ttt");
  });

  test("tokens too big leave the session that is there as it was", async () => {
    const before = newSession();
    const jar = await jarWith(before);
    await expect(startSession(jar, newSession({ accessToken: "t".repeat(20_000) }))).rejects.toThrow();
    expect((await openSession(jar))?.id).toBe(before.id);
  });
});

describe("the session's end", () => {
  test("comes with the idle time, also for a cookie that this server has opened before", async () => {
    const jar = await jarWith(newSession());
    at(99);
    expect(await openSession(jar)).not.toBeNull();
    at(100);
    expect(await openSession(jar)).toBeNull();
    await restart();
    expect(await openSession(jar)).toBeNull();
  });

  test("a logout deletes all its cookies", async () => {
    const session = newSession({ accessToken: "t".repeat(7_000) });
    const jar = await jarWith(session);
    await endSession(jar, session);
    expect(jar.names()).toEqual([]);
    expect(jar.written.findLast(({ value }) => value === "")?.options).toMatchObject({
      maxAge: 0,
      path: "/",
      secure: true,
      httpOnly: true,
    });
  });

  test("a copy of the cookie does not log in again after a logout", async () => {
    const session = newSession();
    const jar = await jarWith(session);
    const copy = jar.copy();
    await endSession(jar, session);
    expect(await openSession(copy)).toBeNull();
  });

  test("nor is a renewal of the same session that was still under way", async () => {
    const session = newSession();
    const jar = await jarWith(session);
    const late = jar.copy();
    await endSession(jar, session);
    await startSession(late, lib.renewIdleTime(session));
    expect(await openSession(late)).toBeNull();
  });

  test("other sessions live on", async () => {
    const [jar, other] = [await jarWith(newSession()), await jarWith(newSession())];
    await endSession(jar, await openSession(jar));
    expect(await openSession(other)).not.toBeNull();
  });

  test("ending without a session clears an unreadable cookie", async () => {
    const jar = new FakeCookieJar([[`__Host-${SITE.id}.session`, "rubbish"]]);
    await endSession(jar, null);
    expect(jar.names()).toEqual([]);
  });
});
