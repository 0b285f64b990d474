import { base64url, CompactEncrypt } from "jose";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess, thrownBy } from "@/dev/testing/fresh-process.ts";

const SECRETS = {
  one: "the-first-secret-0123456789012345678",
  two: "the-second-secret-012345678901234567",
};

let lib: typeof import("./seal.ts");

/** Starts a process with these secrets. */
async function load(SESSION_SECRET: string, settings = {}): Promise<void> {
  freshProcess({ SESSION_SECRET, ...settings });
  lib = await import("./seal.ts");
}

beforeEach(() => load(SECRETS.one));

const VALUE = { text: "é 😀 \u0000", list: [1, null], nested: { a: "b" } };

describe("encrypt and decrypt, for an entry of the store", () => {
  test("decrypt returns the value that was encrypted for the same place", async () => {
    expect(await lib.decrypt("store", await lib.encrypt("store", VALUE, "here"), "here")).toEqual(VALUE);
  });

  test("an encrypted value shows only its place, its day and the id of its secret", async () => {
    const encrypted = await lib.encrypt("store", { token: "a-token" }, "here");
    const [header = "", ...rest] = encrypted.split(".");
    expect(Object.keys(JSON.parse(Buffer.from(header, "base64url").toString())).sort()).toEqual([
      "alg",
      "day",
      "enc",
      "kid",
      "place",
    ]);
    for (const part of rest) expect(Buffer.from(part, "base64url").toString()).not.toContain("token");
    expect(Buffer.from(header, "base64url").toString()).not.toContain(SECRETS.one);
  });

  test("the same value is encrypted differently each time", async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => lib.encrypt("store", VALUE, "here")));
    expect(new Set(all.map((text) => text.split(".")[2])).size).toBe(50);
  });

  test("decrypt refuses a value that was encrypted for another place, and the error says so", async () => {
    const error = await thrownBy(lib.decrypt("store", await lib.encrypt("store", VALUE, "here"), "there"));
    expect(String(error)).toContain("another cookie or store entry");
  });

  test.each([{ OIDC_ISSUER: "https://another-provider.example.com" }, { OIDC_CLIENT_ID: "another-client" }])(
    "after a change of %j, decrypt refuses older values, so no other provider gets their tokens",
    async (settings) => {
      const encrypted = await lib.encrypt("store", VALUE, "here");
      await load(SECRETS.one, settings);
      await expect(lib.decrypt("store", encrypted, "here")).rejects.toThrow("not in SESSION_SECRET");
    },
  );

  test("decrypt refuses a value with a changed character in any part", async () => {
    const encrypted = await lib.encrypt("store", VALUE, "here");
    const parts = encrypted.split(".");
    for (const [index, part] of parts.entries()) {
      if (!part) continue; // `alg` is `dir`, so the part for an encrypted key is empty
      const changed = (part[2] === "A" ? "B" : "A") + part.slice(1, 2) + part.slice(0, 1) + part.slice(3);
      await thrownBy(lib.decrypt("store", parts.with(index, changed).join("."), "here"));
    }
  });

  test.each(["", "x", "....", "a.b.c.d.e", "{}", "null", "\u0000"])(
    "decrypt refuses the text %j",
    async (text) => {
      await thrownBy(lib.decrypt("store", text, "here"));
    },
  );
});

describe("SESSION_SECRET", () => {
  test("the first secret encrypts, and every listed secret decrypts", async () => {
    const old = await lib.encrypt("store", VALUE, "here");
    await load(`${SECRETS.two},${SECRETS.one}`);
    expect(await lib.decrypt("store", old, "here")).toEqual(VALUE);
    const fresh = await lib.encrypt("store", VALUE, "here");
    await load(SECRETS.two);
    expect(await lib.decrypt("store", fresh, "here")).toEqual(VALUE);
    expect(String(await thrownBy(lib.decrypt("store", old, "here")))).toContain("not in SESSION_SECRET");
  });
});

describe("the keys that are derived from SESSION_SECRET", () => {
  const DAY = 86_400_000;
  const NOON = 20_000 * DAY + DAY / 2;

  beforeEach(() => {
    vi.useFakeTimers({ now: NOON, toFake: ["Date"] });
    return () => vi.useRealTimers();
  });

  /** Runs a function. @returns the keys that were imported meanwhile, in hexadecimal */
  async function keysUsedBy(act: () => Promise<unknown>): Promise<string[]> {
    const imports = vi.spyOn(crypto.subtle, "importKey");
    await act();
    const keys = imports.mock.calls.map(([, bytes]) => Buffer.from(bytes as Uint8Array).toString("hex"));
    imports.mockRestore();
    return keys;
  }

  test("each purpose has a new key every day, because random nonces may repeat after 2^32 uses of a key", async () => {
    const used = await keysUsedBy(async () => {
      for (const day of [0, 1, 2]) {
        vi.setSystemTime(NOON + day * DAY);
        for (const purpose of ["store", "transaction"] as const) await lib.encrypt(purpose, VALUE, "here");
      }
    });
    expect(new Set(used).size).toBe(6);
  });

  test("a key is derived once a day, however often it is used", async () => {
    const used = await keysUsedBy(async () => {
      const places = Array.from({ length: 20 }, (_, index) => `place ${index}`);
      const all = await Promise.all(places.map((place) => lib.encrypt("store", VALUE, place)));
      vi.setSystemTime(NOON + DAY / 3);
      for (const [index, text] of all.entries()) await lib.decrypt("store", text, places[index] ?? "");
    });
    expect(used).toHaveLength(1);
  });

  test("decrypt reads a value 400 days after it was encrypted, the longest time that a session may last", async () => {
    const encrypted = await lib.encrypt("store", VALUE, "here");
    vi.setSystemTime(NOON + 400 * DAY);
    await load(`${SECRETS.two},${SECRETS.one}`);
    expect(await lib.decrypt("store", encrypted, "here")).toEqual(VALUE);
  });

  test("the key of a day is not the password from which it is derived", async () => {
    const { passwordsFor } = await import("./seal.ts");
    const used = await keysUsedBy(() => lib.encrypt("store", VALUE, "here"));
    expect(Object.values(passwordsFor("store").opening)).not.toContain(used[0]);
  });

  test("decrypt refuses a value with an invented day, and does not keep the key of that day", async () => {
    const [header = "", ...rest] = (await lib.encrypt("store", VALUE, "here")).split(".");
    const claims = JSON.parse(Buffer.from(header, "base64url").toString());
    const withDay = (day: unknown) =>
      lib.decrypt("store", [base64url.encode(JSON.stringify({ ...claims, day })), ...rest].join("."), "here");
    for (const day of [undefined, null, 20_000, ["20000"], {}, "", "x", "-1", "20001", "9".repeat(9_000)]) {
      await thrownBy(withDay(day));
    }
    const flood = async () => {
      for (let day = 10_000; day < 10_300; day += 1) await thrownBy(withDay(String(day)));
    };
    expect(await keysUsedBy(flood)).toHaveLength(300);
    expect((await keysUsedBy(() => thrownBy(withDay("10000")))).length).toBe(1); // derived again: it was not kept
  });
});

test("decrypt refuses a value that another algorithm encrypted, even with the right key", async () => {
  const imports = vi.spyOn(crypto.subtle, "importKey");
  const [ours = ""] = (await lib.encrypt("store", VALUE, "here")).split(".");
  const { kid, day } = JSON.parse(Buffer.from(ours, "base64url").toString());
  const key = new Uint8Array(imports.mock.calls[0]?.[1] as ArrayBuffer);
  imports.mockRestore();
  const made = (header: { alg: string; enc: string }) =>
    new CompactEncrypt(Buffer.from("{}"))
      .setProtectedHeader({ ...header, kid, day, place: "here" })
      .encrypt(key);
  expect(await lib.decrypt("store", await made({ alg: "dir", enc: "A256GCM" }), "here")).toEqual({});
  for (const header of [
    { alg: "dir", enc: "A128CBC-HS256" },
    { alg: "A256KW", enc: "A256GCM" },
    { alg: "A256GCMKW", enc: "A256GCM" },
  ]) {
    await thrownBy(lib.decrypt("store", await made(header), "here"));
  }
});

test("decrypt refuses a value whose kid is an inherited property such as __proto__", async () => {
  const [, ...rest] = (await lib.encrypt("store", VALUE, "here")).split(".");
  for (const kid of ["__proto__", "constructor", "toString"]) {
    const header = base64url.encode(
      JSON.stringify({ alg: "dir", enc: "A256GCM", kid, day: "20000", place: "here" }),
    );
    await thrownBy(lib.decrypt("store", [header, ...rest].join("."), "here"));
  }
});
