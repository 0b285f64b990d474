import * as ironSession from "iron-session";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { endElsewhere, endSession, openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import { SITE } from "../../site.ts";

vi.mock("iron-session", { spy: true });

let lib: typeof import("../session-cookie.ts") & typeof import("../session.ts");

beforeEach(async () => {
  freshProcess();
  lib = { ...(await import("../session-cookie.ts")), ...(await import("../session.ts")) };
});

const unsealings = () => vi.mocked(ironSession.getIronSession).mock.calls.length;

async function jarWithSession(): Promise<FakeCookieJar> {
  const jar = new FakeCookieJar();
  await startSession(jar, lib.createSession(tokenSet(), null));
  return jar;
}

/** Returns the cookies of a session, in a new process that has not opened them yet. */
async function jarNotYetOpened(): Promise<FakeCookieJar> {
  const jar = await jarWithSession();
  freshProcess();
  lib = { ...(await import("../session-cookie.ts")), ...(await import("../session.ts")) };
  vi.mocked(ironSession.getIronSession).mockClear();
  return jar;
}

describe("a cookie that this process has opened before", () => {
  test("a cookie is unsealed once for the middleware, the layout and the page", async () => {
    const jar = await jarNotYetOpened();
    const first = await openSession(jar);
    expect(unsealings()).toBe(1);
    expect(await openSession(jar.copy())).toEqual(first);
    expect(unsealings()).toBe(1);
  });

  test("a cookie is unsealed once for both bundles of the app", async () => {
    const jar = await jarNotYetOpened();
    const first = await openSession(jar);
    vi.resetModules();
    expect(await openSession(jar)).toEqual(first);
    expect(unsealings()).toBe(1);
  });

  test("a cookie that this process has sealed is not unsealed", async () => {
    const jar = await jarWithSession();
    vi.mocked(ironSession.getIronSession).mockClear();
    expect(await openSession(jar)).not.toBeNull();
    expect(unsealings()).toBe(0);
  });

  test("two cookies open two different sessions", async () => {
    const [jar, other] = [await jarWithSession(), await jarWithSession()];
    const [session, otherSession] = [await openSession(jar), await openSession(other)];
    expect(session?.id).not.toBe(otherSession?.id);
  });

  test("openSession opens the current cookie of a jar, not a previous one", async () => {
    const [jar, other] = [await jarWithSession(), await jarWithSession()];
    await openSession(jar);
    for (const [name, value] of other.cookies) jar.cookies.set(name, value);
    expect((await openSession(jar))?.id).toBe((await openSession(other))?.id);
  });

  test("cookies that only look like a known cookie do not open its session", async () => {
    const jar = await jarWithSession();
    const name = `__Host-${SITE.id}.session`;
    const sealed = jar.read(name) ?? "";
    expect(sealed).not.toBe("");
    // iron-session ignores everything after the "~", so this cookie opens the session, and the process caches it.
    const odd = new FakeCookieJar([
      [name, `${sealed}=`],
      [`${name}.0`, "zzz"],
    ]);
    expect(await openSession(odd)).not.toBeNull();
    const half = Math.floor(sealed.length / 2);
    const chunks = [sealed.slice(0, half), sealed.slice(half)] as const;
    const chunked = new FakeCookieJar([
      [`${name}.0`, chunks[0]],
      [`${name}.1`, chunks[1]],
    ]);
    expect(await openSession(chunked)).not.toBeNull();
    for (const forged of [
      [[`${name}.0`, "zzz"]],
      [[`${name}.0`, `${chunks[0]};${name}.1=${chunks[1]}`]],
      [[name, `${sealed.slice(0, -3)};${name}.0=zzz`]],
    ] as [string, string][][]) {
      expect(await openSession(new FakeCookieJar(forged))).toBeNull();
    }
  });

  test("an unreadable cookie is not remembered as an open one", async () => {
    const jar = new FakeCookieJar([[`__Host-${SITE.id}.session`, "rubbish"]]);
    const onUnreadable = vi.fn();
    await openSession(jar, onUnreadable);
    await openSession(jar, onUnreadable);
    expect(onUnreadable).toHaveBeenCalledTimes(2);
  });

  test("a cookie of another app does not cause a second unsealing", async () => {
    const jar = await jarWithSession();
    vi.mocked(ironSession.getIronSession).mockClear();
    jar.cookies.set("other", "x");
    expect(await openSession(jar)).not.toBeNull();
    expect(unsealings()).toBe(0);
  });
});

describe("a copy of the cookie of a session that was logged out", () => {
  const NOW = 1_700_000_000;

  beforeEach(async () => {
    vi.useFakeTimers({ now: NOW * 1000, toFake: ["Date"] });
    await restart();
    return () => vi.useRealTimers();
  });

  async function restart(): Promise<void> {
    freshProcess({ SESSION_MAX_AGE: "10000", SESSION_IDLE_TIMEOUT: "10000" });
    lib = { ...(await import("../session-cookie.ts")), ...(await import("../session.ts")) };
  }

  test("the copy is refused until the session would have expired, even after 10,000 other logouts", async () => {
    const jar = await jarWithSession();
    const session = (await openSession(jar)) ?? expect.fail();
    const copy = jar.copy();
    await endSession(jar, session);
    for (let other = 0; other <= 10_000; other += 1) await endElsewhere({ ...session, id: `other ${other}` });
    vi.setSystemTime((NOW + 9_999) * 1000);
    expect(await openSession(copy)).toBeNull();
  }, 30_000);

  test("the copy is refused by this process only, and accepted by a process that has just started", async () => {
    const jar = await jarWithSession();
    const copy = jar.copy();
    await endSession(jar, await openSession(jar));
    expect(await openSession(copy)).toBeNull();
    await restart();
    expect(await openSession(copy)).not.toBeNull();
    vi.setSystemTime((NOW + 10_000) * 1000);
    expect(await openSession(copy)).toBeNull();
  });
});
