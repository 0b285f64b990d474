import { sealData } from "iron-session";
import { describe, expect, test } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { SITE } from "../../site.ts";
import type { Purpose } from "../seal.ts";

const OLD = "old-secret-of-the-tests-0123456789abc";
const NEW = "new-secret-of-the-tests-0123456789abc";
const THIRD = "third-secret-of-the-tests-0123456789a";

/** Starts a server with these secrets. The server makes and reads one kind of cookie. */
type Server = (...secrets: string[]) => Promise<{
  make(): Promise<string>;
  reads(made: string): Promise<boolean>;
}>;

const NAMES = { session: `__Host-${SITE.id}.session`, login: `__Host-${SITE.id}.login.${"s".repeat(43)}` };

const login = () => ({
  state: "s".repeat(43),
  nonce: "n",
  codeVerifier: "v",
  returnTo: null,
  maxAge: null,
  again: null,
  createdAt: Math.floor(Date.now() / 1000),
});

const sessionCookies: Server = async (...secrets) => {
  freshProcess({ SESSION_SECRET: secrets.join(",") });
  const { readSessionCookie, writeSessionCookie } = await import("../session-cookie.ts");
  return {
    async make() {
      const jar = new FakeCookieJar();
      await writeSessionCookie(jar, { hello: "world" }, 60);
      return jar.read(NAMES.session) ?? "";
    },
    async reads(made) {
      const jar = new FakeCookieJar([[NAMES.session, made]]);
      return (await readSessionCookie<{ hello: string }>(jar)).hello === "world";
    },
  };
};

const loginCookies: Server = async (...secrets) => {
  freshProcess({ SESSION_SECRET: secrets.join(",") });
  const { saveTransaction, takeTransaction } = await import("../transaction.ts");
  return {
    async make() {
      const jar = new FakeCookieJar();
      await saveTransaction(jar, login());
      return jar.read(NAMES.login) ?? "";
    },
    async reads(made) {
      const jar = new FakeCookieJar([[NAMES.login, made]]);
      return typeof (await takeTransaction(jar, login().state)) === "object";
    },
  };
};

describe.each([
  ["a session", sessionCookies],
  ["an unfinished login", loginCookies],
])("changing SESSION_SECRET, for the cookie of %s", (_, server) => {
  test("the new first secret seals cookies, and the old secret still opens old cookies", async () => {
    const before = await (await server(OLD)).make();
    const rotating = await server(NEW, OLD);
    expect(await rotating.reads(before)).toBe(true);
    const after = await rotating.make();
    expect(await (await server(NEW)).reads(after)).toBe(true);
    expect(await (await server(OLD)).reads(after)).toBe(false);
  });

  test("a cookie of the old secret cannot be opened after that secret is removed, but newer ones can", async () => {
    const [byOld, byNew] = [await (await server(OLD)).make(), await (await server(NEW, OLD)).make()];
    const after = await server(NEW);
    expect(await after.reads(byOld)).toBe(false);
    expect(await after.reads(byNew)).toBe(true);
  });

  test("a cookie can be opened whatever the position of its secret", async () => {
    const made = await (await server(THIRD, OLD)).make();
    for (const secrets of [[NEW, OLD, THIRD], [NEW, THIRD, OLD], [THIRD]]) {
      expect(await (await server(...secrets)).reads(made)).toBe(true);
    }
  });

  test("a cookie cannot be opened with other secrets", async () => {
    const made = await (await server(OLD)).make();
    expect(await (await server(NEW, THIRD)).reads(made)).toBe(false);
  });

  test("two servers with the same secret open each other's cookies", async () => {
    const made = await (await server(OLD)).make();
    expect(await (await server(OLD)).reads(made)).toBe(true);
  });
});

describe("the keys of each purpose", () => {
  test("a login cookie cannot be read as a session cookie, and a session cookie not as a login cookie", async () => {
    const [sessions, logins] = [await sessionCookies(OLD, NEW), await loginCookies(OLD, NEW)];
    expect(await sessions.reads(await sessions.make())).toBe(true);
    expect(await logins.reads(await logins.make())).toBe(true);
    expect(await sessions.reads(await logins.make())).toBe(false);
    expect(await logins.reads(await sessions.make())).toBe(false);
  });

  test("a session cookie is opened only if it was sealed with the key for sessions", async () => {
    const { reads } = await sessionCookies(OLD);
    const { passwordsFor } = await import("../seal.ts");
    const sealedFor = (purpose: Purpose) =>
      sealData({ hello: "world" }, { password: { ...passwordsFor(purpose).sealing }, ttl: 60 });
    expect(await reads(await sealedFor("session"))).toBe(true);
    expect(await reads(await sealedFor("transaction"))).toBe(false);
    expect(await reads(await sealedFor("store"))).toBe(false);
  });

  test("a login cookie is opened only if it was sealed with the key for logins", async () => {
    const { reads } = await loginCookies(OLD);
    const { encrypt } = await import("../seal.ts");
    expect(await reads(await encrypt("transaction", login(), NAMES.login))).toBe(true);
    expect(await reads(await encrypt("session", login(), NAMES.login))).toBe(false);
    expect(await reads(await encrypt("store", login(), NAMES.login))).toBe(false);
  });

  test("no derived password contains the secret, and each purpose has its own", async () => {
    freshProcess({ SESSION_SECRET: `${OLD},${NEW}` });
    const { passwordsFor } = await import("../seal.ts");
    const all = (["session", "transaction", "store"] as const).map((purpose) => passwordsFor(purpose));
    expect(JSON.stringify(all)).not.toMatch(/secret-of-the-tests/);
    expect(all.map(({ sealing }) => Object.keys(sealing).length)).toEqual([1, 1, 1]);
    expect(all.map(({ opening }) => Object.keys(opening).length)).toEqual([2, 2, 2]);
    const passwords = all.flatMap(({ opening }) => Object.values(opening));
    expect(new Set(passwords).size).toBe(6);
  });
});
