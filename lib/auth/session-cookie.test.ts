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

describe("a session in cookies", () => {
  test("a session can be opened again from its cookie, also after a restart of the server [C15]", async () => {
    const session = newSession();
    const jar = await jarWith(session);
    expect(await openSession(jar)).toEqual(session);
    await restart();
    expect(await openSession(jar)).toEqual(session);
  });

  test("the session cookie contains no readable token", async () => {
    const [cookie] = (await jarWith(newSession())).written;
    expect(cookie?.value).not.toMatch(/access-token|refresh-token|alice@|eyJ[\w-]{5,}\./);
  });

  test("without a cookie, openSession returns null and reports no unreadable cookie", async () => {
    const onUnreadable = vi.fn();
    expect(await openSession(new FakeCookieJar(), onUnreadable)).toBeNull();
    expect(onUnreadable).not.toHaveBeenCalled();
  });

  test("replacing or deleting a session decrypts no cookie; opening one after a restart decrypts it", async () => {
    const jar = await jarWith(newSession());
    await restart();
    const decrypt = vi.spyOn(crypto.subtle, "decrypt");
    await lib.writeSessionCookie(jar, { v: 1 }, 60);
    await lib.clearSessionCookie(jar.copy());
    expect(decrypt).not.toHaveBeenCalled();
    await restart();
    await openSession(jar);
    expect(decrypt).toHaveBeenCalled();
  });

  test("a new session replaces all values of the previous session", async () => {
    const jar = await jarWith(newSession());
    await startSession(jar, newSession({ refreshToken: null, accessToken: "another" }));
    await restart();
    expect(await openSession(jar)).toMatchObject({ accessToken: "another", refreshToken: null });
  });

  test("a new session also removes a value that this version of the app does not know", async () => {
    const jar = await jarWith({ ...newSession(), unknown: "x" } as Session);
    await startSession(jar, newSession());
    await restart();
    expect(await openSession(jar)).not.toHaveProperty("unknown");
  });

  test("a session in another version of the format is not read", async () => {
    const jar = await jarWith({ ...newSession(), v: 2 as unknown as 1 });
    await restart();
    expect(await openSession(jar)).toBeNull();
  });
});

describe("the session cookie", () => {
  test("the session cookie is HttpOnly, Secure and SameSite=Lax, and lasts for the idle time", async () => {
    const [cookie] = (await jarWith(newSession())).written;
    expect(cookie).toMatchObject({
      name: `__Host-${SITE.id}.session`,
      options: { httpOnly: true, sameSite: "lax", path: "/", secure: true, maxAge: 100 },
    });
    expect(cookie?.options).not.toHaveProperty("domain");
  });

  test("over http, the session cookie is not Secure, and its name has no __Host- prefix", async () => {
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
  ])(
    "at %s, the session cookie is named %s, because ports of a loopback address share cookies",
    async (origin, name) => {
      await restart({ APP_BASE_URL: origin });
      expect((await jarWith(newSession())).names()).toEqual([name]);
    },
  );

  test("a large session is split into several cookies, each within the limit of browsers", async () => {
    const big = newSession({ accessToken: "t".repeat(7_000) });
    const jar = await jarWith(big);
    expect(jar.cookies.size).toBeGreaterThan(1);
    for (const { name, value } of jar.written) expect(name.length + value.length).toBeLessThan(4_096);
    await restart();
    expect((await openSession(jar))?.accessToken).toBe(big.accessToken);
  });

  test("a small session deletes the additional cookies of a large session", async () => {
    const jar = await jarWith(newSession({ accessToken: "t".repeat(7_000) }));
    await startSession(jar, newSession());
    expect(jar.names()).toEqual([`__Host-${SITE.id}.session`]);
    await restart();
    expect((await openSession(jar))?.accessToken).toBe("access-token-0");
  });

  test("tokens that do not fit into cookies are a configuration error that contains no token", async () => {
    const saved = jarWith(newSession({ accessToken: "t".repeat(20_000) }));
    const error = await saved.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "LoginError", reason: "configuration" });
    expect(JSON.stringify(error) + String(error)).not.toContain("ttt");
  });

  test("tokens that do not fit into cookies leave the existing session unchanged", async () => {
    const before = newSession();
    const jar = await jarWith(before);
    await expect(startSession(jar, newSession({ accessToken: "t".repeat(20_000) }))).rejects.toThrow();
    expect((await openSession(jar))?.id).toBe(before.id);
  });
});

describe("the end of a session in cookies", () => {
  test("a session ends with its idle time, even if this process has opened its cookie before", async () => {
    const jar = await jarWith(newSession());
    at(99);
    expect(await openSession(jar)).not.toBeNull();
    at(100);
    expect(await openSession(jar)).toBeNull();
    await restart();
    expect(await openSession(jar)).toBeNull();
  });

  test("a logout deletes all cookies of the session", async () => {
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

  test("a copy of the session cookie does not work after a logout", async () => {
    const session = newSession();
    const jar = await jarWith(session);
    const copy = jar.copy();
    await endSession(jar, session);
    expect(await openSession(copy)).toBeNull();
  });

  test("a renewal that finishes after the logout does not restore the session", async () => {
    const session = newSession();
    const jar = await jarWith(session);
    const late = jar.copy();
    await endSession(jar, session);
    await startSession(late, lib.renewIdleTime(session));
    expect(await openSession(late)).toBeNull();
  });

  test("a logout does not end other sessions", async () => {
    const [jar, other] = [await jarWith(newSession()), await jarWith(newSession())];
    await endSession(jar, await openSession(jar));
    expect(await openSession(other)).not.toBeNull();
  });

  test("a logout without a session deletes an unreadable cookie", async () => {
    const jar = new FakeCookieJar([[`__Host-${SITE.id}.session`, "rubbish"]]);
    await endSession(jar, null);
    expect(jar.names()).toEqual([]);
  });
});
