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

/** A login under way; its state is one letter, 43 times. */
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

describe("a login under way [C3] [K2]", () => {
  test("is found again by its state", async () => {
    await begin("a");
    expect(await take("a")).toEqual(login("a"));
  });

  test("is good for one answer", async () => {
    await begin("a");
    await take("a");
    expect(await take("a")).toBe("none");
  });

  test("lives in a cookie of its own that nobody else can read, for ten minutes", async () => {
    await begin("a");
    expect(jar.written).toHaveLength(1);
    expect(jar.written[0]).toMatchObject({
      name: `__Host-${SITE.id}.login.${stateOf("a")}`,
      options: { httpOnly: true, sameSite: "lax", path: "/", secure: true, maxAge: 600 },
    });
    expect(jar.written[0]?.value).not.toMatch(/verifier|nonce|protected/);
  });

  test("fits into one cookie with the longest page to come back to", async () => {
    const again = { intent: "signup", link: "x".repeat(300) } as const;
    const returnTo = `/${"x".repeat(1_999)}`;
    await lib.saveTransaction(jar, login("a", { returnTo, maxAge: 999_999_999, again }));
    const { name = "", value = "" } = jar.written[0] ?? {};
    expect(name.length + value.length + 100).toBeLessThan(4_096);
  });

  test("is over after 600 seconds", async () => {
    await begin("a");
    await begin("b");
    at(599);
    expect(await take("a")).toMatchObject({ state: stateOf("a") });
    at(600);
    expect(await take("b")).toBe("none");
  });
});

describe("an answer that fits no login [K3]", () => {
  test("has no login where the browser holds none", async () => {
    expect(await take("a")).toBe("none");
    expect(await lib.takeTransaction(jar, null)).toBe("none");
  });

  test("is a mismatch where the browser holds another, which stays", async () => {
    await begin("a");
    expect(await take("b")).toBe("mismatch");
    expect(await lib.takeTransaction(jar, null)).toBe("mismatch");
    expect(await take("a")).toEqual(login("a"));
  });

  test.each(["", "a", "../../session", `${"a".repeat(43)}=`, "a".repeat(44), "session", "a;b", "%00"])(
    "with a state of %j is never looked up as a cookie",
    async (state) => {
      jar.cookies.set(`__Host-${SITE.id}.login.${state}`, "x");
      const read = vi.spyOn(jar, "read");
      expect(await lib.takeTransaction(jar, state)).toBe("mismatch");
      expect(jar.cookies.get(`__Host-${SITE.id}.login.${state}`)).toBe("x");
      expect(read).not.toHaveBeenCalledWith(`__Host-${SITE.id}.session`);
    },
  );

  test("with a cookie that is not ours has no login, and the cookie goes", async () => {
    jar.cookies.set(`__Host-${SITE.id}.login.${stateOf("a")}`, "Fe26.2*1*rubbish");
    expect(await take("a")).toBe("none");
    expect(jar.names()).toEqual([]);
  });

  test("with another login's cookie under its name has no login", async () => {
    await begin("a");
    jar.cookies.set(
      `__Host-${SITE.id}.login.${stateOf("b")}`,
      jar.read(`__Host-${SITE.id}.login.${stateOf("a")}`) ?? "",
    );
    expect(await take("b")).toBe("none");
  });

  test.each(["session", "store"] as const)("made with the key of a %s has no login", async (purpose) => {
    const { encrypt } = await import("./seal.ts");
    const name = `__Host-${SITE.id}.login.${stateOf("a")}`;
    jar.cookies.set(name, await encrypt(purpose, login("a"), name));
    expect(await take("a")).toBe("none");
    jar.cookies.set(name, await encrypt("transaction", login("a"), name));
    expect(await take("a")).toEqual(login("a"));
  });

  test("whose cookie is spelled another way, though it decodes to the same, has no login", async () => {
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
  test("do not meet: each finds its own", async () => {
    await begin("a");
    await begin("b");
    expect(await take("b")).toEqual(login("b"));
    expect(await take("a")).toEqual(login("a"));
  });

  test("are five at most: the oldest goes", async () => {
    for (const [index, letter] of [..."cafdbe"].entries()) {
      at(index);
      await begin(letter);
    }
    expect(jar.cookies.size).toBe(5);
    expect(await take("c")).toBe("mismatch");
    for (const letter of "afdbe") expect(await take(letter)).toMatchObject({ state: stateOf(letter) });
  });

  test("a cookie that is not ours goes before any login", async () => {
    for (const letter of "abcd") await begin(letter);
    jar.cookies.set(`__Host-${SITE.id}.login.foreign`, "rubbish");
    await begin("e");
    expect(jar.read(`__Host-${SITE.id}.login.foreign`)).toBeUndefined();
    for (const letter of "abcde") expect(await take(letter)).toMatchObject({ state: stateOf(letter) });
  });

  test("are five at most behind very many planted cookies: an answer looks at the newest, and deletes a few", async () => {
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

  test("are all forgotten at once, and no other cookie", async () => {
    for (const letter of "abc") await begin(letter);
    jar.cookies.set(`__Host-${SITE.id}.session`, "x");
    jar.cookies.set("other", "y");
    lib.clearLogins(jar);
    expect(jar.names()).toEqual([`__Host-${SITE.id}.session`, "other"]);
  });
});
