import { base64url, CompactEncrypt } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";

const SECRETS = {
  one: "the-first-secret-0123456789012345678",
  two: "the-second-secret-012345678901234567",
};

let lib: typeof import("./encryption.ts");

/** A server with these secrets. */
async function load(SESSION_SECRET: string): Promise<void> {
  freshProcess({ SESSION_SECRET });
  lib = await import("./encryption.ts");
}

beforeEach(() => load(SECRETS.one));

const VALUE = { text: "é 😀 \u0000", list: [1, null], nested: { a: "b" } };

describe("what is encrypted for the store", () => {
  test("can be read again in its place", async () => {
    expect(await lib.decrypt("store", await lib.encrypt("store", VALUE, "here"), "here")).toEqual(VALUE);
  });

  test("tells nothing but its place and the number of its key", async () => {
    const encrypted = await lib.encrypt("store", { token: "a-token" }, "here");
    const [header = "", ...rest] = encrypted.split(".");
    expect(Object.keys(JSON.parse(Buffer.from(header, "base64url").toString())).sort()).toEqual([
      "alg",
      "enc",
      "kid",
      "place",
    ]);
    for (const part of rest) expect(Buffer.from(part, "base64url").toString()).not.toContain("token");
    expect(Buffer.from(header, "base64url").toString()).not.toContain(SECRETS.one);
  });

  test("looks different every time", async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => lib.encrypt("store", VALUE, "here")));
    expect(new Set(all.map((text) => text.split(".")[2])).size).toBe(50);
  });

  test("is unreadable in another place, and says why", async () => {
    const error = await thrownBy(lib.decrypt("store", await lib.encrypt("store", VALUE, "here"), "there"));
    expect(String(error)).toContain("another place");
  });

  test("is unreadable with a letter changed, in whatever part", async () => {
    const encrypted = await lib.encrypt("store", VALUE, "here");
    const parts = encrypted.split(".");
    for (const [index, part] of parts.entries()) {
      if (!part) continue; // no encrypted key, with a key that is used directly
      const changed = (part[2] === "A" ? "B" : "A") + part.slice(1, 2) + part.slice(0, 1) + part.slice(3);
      await thrownBy(lib.decrypt("store", parts.with(index, changed).join("."), "here"));
    }
  });

  test.each(["", "x", "....", "a.b.c.d.e", "{}", "null", "\u0000"])("%j is nothing of ours", async (text) => {
    await thrownBy(lib.decrypt("store", text, "here"));
  });
});

describe("SESSION_SECRET", () => {
  test("encrypts with its first, and reads with every one", async () => {
    const old = await lib.encrypt("store", VALUE, "here");
    await load(`${SECRETS.two},${SECRETS.one}`);
    expect(await lib.decrypt("store", old, "here")).toEqual(VALUE);
    const fresh = await lib.encrypt("store", VALUE, "here");
    await load(SECRETS.two);
    expect(await lib.decrypt("store", fresh, "here")).toEqual(VALUE);
    expect(String(await thrownBy(lib.decrypt("store", old, "here")))).toContain("none of SESSION_SECRET");
  });
});

test("an entry that another algorithm encrypted is nothing of ours, though it has our key", async () => {
  const { passwordsFor } = await import("./secrets.ts");
  const [[kid, password] = ["", ""]] = Object.entries(passwordsFor("store").sealing);
  const key = Buffer.from(password, "hex");
  const made = (header: { alg: string; enc: string }) =>
    new CompactEncrypt(Buffer.from("{}")).setProtectedHeader({ ...header, kid, place: "here" }).encrypt(key);
  expect(await lib.decrypt("store", await made({ alg: "dir", enc: "A256GCM" }), "here")).toEqual({});
  for (const header of [
    { alg: "dir", enc: "A128CBC-HS256" },
    { alg: "A256KW", enc: "A256GCM" },
    { alg: "A256GCMKW", enc: "A256GCM" },
  ]) {
    await thrownBy(lib.decrypt("store", await made(header), "here"));
  }
});

test("a kid that every object has is none of the secrets", async () => {
  const [, ...rest] = (await lib.encrypt("store", VALUE, "here")).split(".");
  for (const kid of ["__proto__", "constructor", "toString"]) {
    const header = base64url.encode(JSON.stringify({ alg: "dir", enc: "A256GCM", kid, place: "here" }));
    await thrownBy(lib.decrypt("store", [header, ...rest].join("."), "here"));
  }
});
