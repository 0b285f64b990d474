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

/** The same cookies in a process that has opened none of them yet. */
async function jarNotYetOpened(): Promise<FakeCookieJar> {
  const jar = await jarWithSession();
  freshProcess();
  lib = { ...(await import("../session-cookie.ts")), ...(await import("../session.ts")) };
  vi.mocked(ironSession.getIronSession).mockClear();
  return jar;
}

describe("a cookie that this process has opened before", () => {
  test("is not unsealed again: middleware, layout and page share one opening", async () => {
    const jar = await jarNotYetOpened();
    const first = await openSession(jar);
    expect(unsealings()).toBe(1);
    expect(await openSession(jar.copy())).toEqual(first);
    expect(unsealings()).toBe(1);
  });

  test("nor by the other bundle's copy of the code", async () => {
    const jar = await jarNotYetOpened();
    const first = await openSession(jar);
    vi.resetModules();
    expect(await openSession(jar)).toEqual(first);
    expect(unsealings()).toBe(1);
  });

  test("nor after this process itself has sealed it", async () => {
    const jar = await jarWithSession();
    vi.mocked(ironSession.getIronSession).mockClear();
    expect(await openSession(jar)).not.toBeNull();
    expect(unsealings()).toBe(0);
  });

  test("another session's cookie is never mistaken for it", async () => {
    const [jar, other] = [await jarWithSession(), await jarWithSession()];
    const [session, otherSession] = [await openSession(jar), await openSession(other)];
    expect(session?.id).not.toBe(otherSession?.id);
  });

  test("a jar is asked for what it holds now, not for what it held before", async () => {
    const [jar, other] = [await jarWithSession(), await jarWithSession()];
    await openSession(jar);
    for (const [name, value] of other.cookies) jar.cookies.set(name, value);
    expect((await openSession(jar))?.id).toBe((await openSession(other))?.id);
  });

  test("no other set of cookies passes for it, whatever they hold", async () => {
    const jar = await jarWithSession();
    const name = `__Host-${SITE.id}.session`;
    const sealed = jar.read(name) ?? "";
    expect(sealed).not.toBe("");
    // iron-session reads no further than the "~", so this opens, too, and is kept.
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

  test("an unreadable cookie is never kept as an open one", async () => {
    const jar = new FakeCookieJar([[`__Host-${SITE.id}.session`, "rubbish"]]);
    const onUnreadable = vi.fn();
    await openSession(jar, onUnreadable);
    await openSession(jar, onUnreadable);
    expect(onUnreadable).toHaveBeenCalledTimes(2);
  });

  test("cookies of other apps do not matter", async () => {
    const jar = await jarWithSession();
    vi.mocked(ironSession.getIronSession).mockClear();
    jar.cookies.set("other", "x");
    expect(await openSession(jar)).not.toBeNull();
    expect(unsealings()).toBe(0);
  });
});

describe("a session that has been logged out of, and a copy of its cookie", () => {
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

  test("are refused until the session would have ended, after 10,000 other logouts", async () => {
    const jar = await jarWithSession();
    const session = (await openSession(jar)) ?? expect.fail();
    const copy = jar.copy();
    await endSession(jar, session);
    for (let other = 0; other <= 10_000; other += 1) await endElsewhere({ ...session, id: `other ${other}` });
    vi.setSystemTime((NOW + 9_999) * 1000);
    expect(await openSession(copy)).toBeNull();
  }, 30_000);

  test("are known to this process only: one that has just started accepts the copy, as the README says", async () => {
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
