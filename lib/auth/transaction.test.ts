import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { SITE } from "../site.ts";
import type { Transaction } from "./transaction.ts";

const NOW = 1_700_000_000;

let lib: typeof import("./transaction.ts");
let jar: FakeCookieJar;

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW * 1000, toFake: ["Date"] });
  freshProcess();
  lib = await import("./transaction.ts");
  jar = new FakeCookieJar();
  return () => vi.useRealTimers();
});

const at = (seconds: number) => vi.setSystemTime((NOW + seconds) * 1000);
const stateOf = (letter: string) => letter.repeat(43);

/** Makes an unfinished login. Its `state` is one letter, repeated 43 times. */
function login(letter: string, changes: Partial<Transaction> = {}): Transaction {
  return {
    state: stateOf(letter),
    nonce: `nonce-${letter}`,
    codeVerifier: `verifier-${letter}`,
    returnTo: "/protected?a=1",
    maxAge: null,
    again: null,
    createdAt: Math.floor(Date.now() / 1000),
    ...changes,
  };
}

const begin = (letter: string) => lib.saveTransaction(jar, login(letter));
const take = (letter: string) => lib.takeTransaction(jar, stateOf(letter));

describe("an unfinished login [C3] [K2]", () => {
  test("takeTransaction finds a login by its state", async () => {
    await begin("a");
    expect(await take("a")).toEqual(login("a"));
  });

  test("takeTransaction returns a login only once", async () => {
    await begin("a");
    await take("a");
    expect(await take("a")).toBe("none");
  });

  test("a login is encrypted in its own HttpOnly cookie for ten minutes", async () => {
    await begin("a");
    expect(jar.written).toHaveLength(1);
    expect(jar.written[0]).toMatchObject({
      name: `__Host-${SITE.id}.login.${stateOf("a")}`,
      options: { httpOnly: true, sameSite: "lax", path: "/", secure: true, maxAge: 600 },
    });
    expect(jar.written[0]?.value).not.toMatch(/verifier|nonce|protected/);
  });

  test("a login with the longest page to return to fits into one cookie", async () => {
    const again = { intent: "signup", link: "x".repeat(300) } as const;
    const returnTo = `/${"x".repeat(1_999)}`;
    await lib.saveTransaction(jar, login("a", { returnTo, maxAge: 999_999_999, again }));
    const { name = "", value = "" } = jar.written[0] ?? {};
    expect(name.length + value.length + 100).toBeLessThan(4_096);
  });

  test("a login expires after 600 seconds", async () => {
    await begin("a");
    await begin("b");
    at(599);
    expect(await take("a")).toMatchObject({ state: stateOf("a") });
    at(600);
    expect(await take("b")).toBe("none");
  });
});

describe("an answer that matches no login [K3]", () => {
  test("takeTransaction returns none if the browser has no login cookie", async () => {
    expect(await take("a")).toBe("none");
    expect(await lib.takeTransaction(jar, null)).toBe("none");
  });

  test("takeTransaction returns mismatch, and keeps the login, if the browser has another login", async () => {
    await begin("a");
    expect(await take("b")).toBe("mismatch");
    expect(await lib.takeTransaction(jar, null)).toBe("mismatch");
    expect(await take("a")).toEqual(login("a"));
  });

  test.each(["", "a", "../../session", `${"a".repeat(43)}=`, "a".repeat(44), "session", "a;b", "%00"])(
    "takeTransaction does not read a cookie for the malformed state %j",
    async (state) => {
      jar.cookies.set(`__Host-${SITE.id}.login.${state}`, "x");
      const read = vi.spyOn(jar, "read");
      expect(await lib.takeTransaction(jar, state)).toBe("mismatch");
      expect(jar.cookies.get(`__Host-${SITE.id}.login.${state}`)).toBe("x");
      expect(read).not.toHaveBeenCalledWith(`__Host-${SITE.id}.session`);
    },
  );

  test("takeTransaction deletes a login cookie that the app did not make", async () => {
    jar.cookies.set(`__Host-${SITE.id}.login.${stateOf("a")}`, "Fe26.2*1*rubbish");
    expect(await take("a")).toBe("none");
    expect(jar.names()).toEqual([]);
  });

  test("takeTransaction refuses a login cookie that was copied to the name of another login", async () => {
    await begin("a");
    jar.cookies.set(
      `__Host-${SITE.id}.login.${stateOf("b")}`,
      jar.read(`__Host-${SITE.id}.login.${stateOf("a")}`) ?? "",
    );
    expect(await take("b")).toBe("none");
  });

  test.each(["session", "store"] as const)(
    "takeTransaction refuses a login cookie that was encrypted with the key for a %s",
    async (purpose) => {
      const { encrypt } = await import("./seal.ts");
      const name = `__Host-${SITE.id}.login.${stateOf("a")}`;
      jar.cookies.set(name, await encrypt(purpose, login("a"), name));
      expect(await take("a")).toBe("none");
      jar.cookies.set(name, await encrypt("transaction", login("a"), name));
      expect(await take("a")).toEqual(login("a"));
    },
  );

  test("takeTransaction refuses a login cookie that was changed, even if it decodes to the same value", async () => {
    await begin("a");
    const name = `__Host-${SITE.id}.login.${stateOf("a")}`;
    const value = jar.read(name) ?? "";
    for (const other of [`${value}=`, `${value} `, value.replace(/\.(?=[^.]*$)/, ".~")]) {
      jar.cookies.set(name, other);
      expect(await take("a")).toBe("none");
    }
  });
});

describe("several logins in one browser", () => {
  test("takeTransaction finds each of two logins by its own state", async () => {
    await begin("a");
    await begin("b");
    expect(await take("b")).toEqual(login("b"));
    expect(await take("a")).toEqual(login("a"));
  });

  test("a browser keeps five logins, and a sixth replaces the oldest", async () => {
    for (const [index, letter] of [..."cafdbe"].entries()) {
      at(index);
      await begin(letter);
    }
    expect(jar.cookies.size).toBe(5);
    expect(await take("c")).toBe("mismatch");
    for (const letter of "afdbe") expect(await take(letter)).toMatchObject({ state: stateOf(letter) });
  });

  test("a new login deletes a login cookie that the app did not make, rather than an old login", async () => {
    for (const letter of "abcd") await begin(letter);
    jar.cookies.set(`__Host-${SITE.id}.login.foreign`, "rubbish");
    await begin("e");
    expect(jar.read(`__Host-${SITE.id}.login.foreign`)).toBeUndefined();
    for (const letter of "abcde") expect(await take(letter)).toMatchObject({ state: stateOf(letter) });
  });

  test("among 60 planted login cookies, the newest five logins stay, and each login deletes a few cookies", async () => {
    jar = new FakeCookieJar(
      Array.from({ length: 60 }, (_, index) => [
        `__Host-${SITE.id}.login.${String(index).padStart(43, "x")}`,
        "rubbish",
      ]),
    );
    for (const [index, letter] of [..."abcdef"].entries()) {
      at(index);
      const before = jar.written.length;
      await begin(letter);
      expect(jar.written.length - before).toBeLessThanOrEqual(15);
    }
    const held = [..."abcdef"].filter((letter) => jar.read(`__Host-${SITE.id}.login.${stateOf(letter)}`));
    expect(held).toEqual([..."bcdef"]);
  });

  test("clearLogins deletes all login cookies, and no other cookies", async () => {
    for (const letter of "abc") await begin(letter);
    jar.cookies.set(`__Host-${SITE.id}.session`, "x");
    jar.cookies.set("other", "y");
    lib.clearLogins(jar);
    expect(jar.names()).toEqual([`__Host-${SITE.id}.session`, "other"]);
  });
});
