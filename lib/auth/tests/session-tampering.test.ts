import fc from "fast-check";
import { sealData } from "iron-session";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { openSession, startSession } from "@/dev/testing/kept-sessions.ts";
import { propertyTest } from "@/dev/testing/property-test.ts";
import { tokenSet } from "@/dev/testing/tokens.ts";
import { SITE } from "../../site.ts";

const SESSION = `__Host-${SITE.id}.session`;

let lib: typeof import("../session-cookie.ts") & typeof import("../session.ts");
let sealed: string;

beforeAll(async () => {
  freshProcess();
  lib = { ...(await import("../session-cookie.ts")), ...(await import("../session.ts")) };
  const jar = new FakeCookieJar();
  await startSession(jar, lib.createSession(tokenSet(), null));
  sealed = jar.read(SESSION) ?? "";
});

/** Opens the session in these cookies. @returns whether it opened, and why cookies were reported as unreadable */
async function open(cookies: [string, string][]): Promise<{ opened: boolean; told: string[] }> {
  const told: string[] = [];
  const session = await openSession(new FakeCookieJar(cookies), (reason) => told.push(reason));
  return { opened: session !== null, told };
}

/** Decodes the digest at a seal's end. Its last character has two unused bits, so four characters are equivalent. */
function digestOf(seal: string): Buffer {
  return Buffer.from(seal.slice(seal.lastIndexOf("*") + 1, seal.indexOf("~")), "base64url");
}

const SEAL_ALPHABET = "ABCabc012-_*.~%= é";

describe("a changed session cookie", () => {
  test("an unchanged session cookie opens", async () => {
    expect(await open([[SESSION, sealed]])).toEqual({ opened: true, told: [] });
  });

  propertyTest("a session cookie with one changed character is not a session, and is reported", async () => {
    const end = sealed.indexOf("~"); // the version number after the "~" is not sealed, and has no effect
    const position = fc.integer({ min: 0, max: end - 1 });
    const character = fc.constantFrom(...SEAL_ALPHABET);
    await fc.assert(
      fc.asyncProperty(position, character, async (index, other) => {
        fc.pre(sealed[index] !== other);
        const changed = sealed.slice(0, index) + other + sealed.slice(index + 1);
        fc.pre(!digestOf(changed).equals(digestOf(sealed)) || index < end - 1);
        const { opened, told } = await open([[SESSION, changed]]);
        expect(opened).toBe(false);
        expect(told).toHaveLength(1);
      }),
      { numRuns: 250 },
    );
  });

  propertyTest("a session cookie that was cut at the start or at the end is not a session", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: sealed.indexOf("~") - 1 }), async (length) => {
        expect((await open([[SESSION, sealed.slice(0, length)]])).opened).toBe(false);
        expect((await open([[SESSION, sealed.slice(length)]])).opened).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  propertyTest("any other text in the session cookie is not a session, and no error is thrown", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), async (text) => {
        expect((await open([[SESSION, text]])).opened).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  test("a session cookie under the name that is used over http is ignored", async () => {
    expect(await open([[`${SITE.id}.session`, sealed]])).toEqual({ opened: false, told: [] });
  });
});

describe("the pieces of a large session cookie", () => {
  let pieces: [string, string][];

  beforeAll(async () => {
    const jar = new FakeCookieJar();
    await startSession(jar, lib.createSession({ ...tokenSet(), accessToken: "t".repeat(7_000) }, null));
    pieces = [...jar.cookies];
  });

  test("all pieces together open the session, in any order", async () => {
    expect((await open(pieces)).opened).toBe(true);
    expect((await open(pieces.toReversed())).opened).toBe(true);
  });

  test("a session cookie without one of its pieces is not a session", async () => {
    for (const missing of pieces) {
      expect((await open(pieces.filter((piece) => piece !== missing))).opened).toBe(false);
    }
  });

  test("a session cookie with exchanged pieces is not a session", async () => {
    const names = pieces.map(([name]) => name);
    const exchanged = pieces.map(([, value], index): [string, string] => [names.at(index - 1) ?? "", value]);
    expect((await open(exchanged)).opened).toBe(false);
  });
});

describe("a session cookie with another key or time", () => {
  test("a session that was sealed with the key for logins is not a session", async () => {
    const { passwordsFor } = await import("../seal.ts");
    const password = passwordsFor("transaction").sealing;
    const login = await sealData({ ...lib.createSession(tokenSet(), null) }, { password, ttl: 600 });
    expect(await open([[SESSION, login]])).toEqual({ opened: false, told: ["unknown-password"] });
  });

  test("an expired session cookie is reported as expired, not as forged", async () => {
    vi.useFakeTimers({ now: Date.now() + 2 * 86_400_000, toFake: ["Date"] });
    freshProcess();
    lib = { ...(await import("../session-cookie.ts")), ...(await import("../session.ts")) };
    expect(await open([[SESSION, sealed]])).toEqual({ opened: false, told: ["expired"] });
    vi.useRealTimers();
  });
});
