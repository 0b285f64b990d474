import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { propertyTest } from "@/dev/testing/property-test.ts";
import type { User } from "../current-user.ts";
import type { Claims } from "../provider/index.ts";

/** Returns the user whom these claims describe. */
let userOf: (idTokenClaims: object, userinfo?: object | null) => User;

async function withIssuer(issuer: string): Promise<void> {
  freshProcess({ OIDC_ISSUER: issuer });
  const { toUser } = await import("../current-user.ts");
  userOf = (idTokenClaims, userinfo = null) =>
    toUser({ idTokenClaims: idTokenClaims as Claims, userinfo: userinfo as Claims | null });
}

beforeEach(() => withIssuer("http://localhost:9090/oidc"));

describe("toUser, the user of a session [C6]", () => {
  test("the user has the standard claims", () => {
    const claims = {
      sub: "alice",
      name: "Alice Doe",
      email: "alice@example.com",
      email_verified: true,
      preferred_username: "alice",
      given_name: "Alice",
      family_name: "Doe",
      picture: "https://pictures.example.com/alice.png",
    };
    expect(userOf({ ...claims, iss: "x", aud: "y", custom: "z" })).toEqual(claims);
  });

  test("a user without claims is called Anonymous, and has no e-mail and no picture [C10] [Q3]", () => {
    expect(userOf({ sub: "alice" })).toEqual({
      sub: "alice",
      name: "Anonymous",
      email: null,
      email_verified: null,
      preferred_username: null,
      given_name: null,
      family_name: null,
      picture: null,
    });
  });

  test("a claim of userinfo wins over the same claim of the ID token [Q3]", () => {
    const user = userOf({ sub: "a", name: "Old", email: "a@b.c" }, { sub: "a", name: "New" });
    expect([user.name, user.email]).toEqual(["New", "a@b.c"]);
  });

  test("the user's sub always comes from the ID token", () => {
    expect(userOf({ sub: "alice" }, { sub: "mallory" }).sub).toBe("alice");
  });

  test("a claim of the ID token is used if userinfo's is empty or of the wrong type", () => {
    const userinfo = { sub: "a", name: null, email: "", picture: 42, email_verified: "yes" };
    const claims = {
      sub: "a",
      name: "Alice",
      email: "a@b.c",
      picture: "https://p.example/",
      email_verified: true,
    };
    expect(userOf(claims, userinfo)).toMatchObject({
      name: "Alice",
      email: "a@b.c",
      picture: "https://p.example/",
      email_verified: true,
    });
  });

  test("a user without a name is called by the next best claim", () => {
    const claims = {
      sub: "a",
      name: "Alice Doe",
      given_name: "Al",
      family_name: "D.",
      preferred_username: "alice1",
      nickname: "Ally",
      email: "alice.doe@example.com",
    };
    const names = ["Alice Doe", "Al D.", "D.", "alice1", "Ally", "alice.doe", "Anonymous"];
    const fallbacks = Object.keys(claims).map((_, index, all) => omit(claims, all.slice(1, index + 1)));
    expect(fallbacks.map((left) => userOf(left).name)).toEqual(names);
    expect(userOf({ sub: "a", given_name: "Al", preferred_username: "alice1" }).name).toBe("Al");
  });

  test("a nickname in userinfo does not replace the name in the ID token", () => {
    expect(userOf({ sub: "a", name: "Alice" }, { sub: "a", nickname: "Ally" }).name).toBe("Alice");
    expect(userOf({ sub: "a", family_name: "Doe" }, { sub: "a", given_name: "Al" }).name).toBe("Al Doe");
  });

  test.each([
    ["alice@example.com", "alice"],
    ['"alice@home"@example.com', '"alice@home"'],
    ["alice", "alice"],
    ["@example.com", "Anonymous"],
    ["\u200b@example.com", "Anonymous"],
  ])("a user who has only the e-mail %j is called %j", (email, name) => {
    expect(userOf({ sub: "a", email }).name).toBe(name);
  });

  const INVISIBLE = [
    "",
    "   ",
    "\t\n",
    "\u200b",
    "\u00a0\ufeff",
    "\u202e\u2066",
    "\u3164",
    "\u2800",
    "\u0000",
    "\ufe0f",
    "\u{e0041}",
  ];

  test.each([1, true, null, {}, ["Alice"], ...INVISIBLE])(
    "the invisible or invalid name %j is treated as missing",
    (name) => {
      const claims = {
        sub: "a",
        name,
        given_name: name,
        family_name: name,
        preferred_username: name,
        email: name,
      };
      expect(userOf(claims)).toEqual({ ...userOf({ sub: "a" }), name: "Anonymous" });
      expect(userOf({ sub: "a", name: "Alice" }, claims).name).toBe("Alice");
    },
  );

  test.each(["A\u200bl", "👩‍💻", "\u202eAlice", "‍ऄ", "名"])(
    "the name %j is kept, even if some of its characters are invisible",
    (name) => {
      expect(userOf({ sub: "a", name }).name).toBe(name);
    },
  );

  test.each([
    [true, true],
    ["true", true],
    [false, false],
    ["false", false],
    ["TRUE", null],
    ["yes", null],
    ["", null],
    [1, null],
    [null, null],
    [{}, null],
  ])("email_verified %j becomes %j (Amazon Cognito sends text)", (email_verified, expected) => {
    const claims = { sub: "a", email: "a@b.c", email_verified };
    expect(userOf(claims).email_verified).toBe(expected);
    expect(userOf({ sub: "a" }, claims).email_verified).toBe(expected);
  });

  test("claims inside __proto__ are ignored", () => {
    const claims: object = JSON.parse('{"sub":"a","__proto__":{"name":"Admin","email":"admin@example.com"}}');
    expect(userOf(claims, claims)).toMatchObject({ name: "Anonymous", email: null });
    expect(({} as Record<string, unknown>).email).toBeUndefined();
  });

  test("a name is returned unchanged, because pages escape it", () => {
    expect(userOf({ sub: "a", name: "<script>alert(1)</script>" }).name).toBe("<script>alert(1)</script>");
  });

  propertyTest("every field of the user has its type, whatever the claims contain", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...FIELDS), fc.jsonValue()), (claims) => {
        const { name, email_verified, ...rest } = userOf({ ...claims, sub: "a" }, claims);
        expect(name).toEqual(expect.any(String));
        expect([true, false, null]).toContain(email_verified);
        for (const value of Object.values(rest))
          if (value !== null) expect(value).toEqual(expect.any(String));
      }),
    );
  });
});

/** Returns the claims without those that `names` lists. */
function omit(claims: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
}

const FIELDS = ["name", "email", "email_verified", "nickname", "preferred_username", "given_name", "picture"];

describe("the user's picture [A8]", () => {
  test.each(["https://pictures.example.com/a.png?s=96", "http://localhost:9090/pictures/a.svg"])(
    "the picture %s is shown",
    (picture) => {
      expect(userOf({ sub: "a", picture }).picture).toBe(picture);
    },
  );

  test.each([
    "http://pictures.example.com/a.png",
    "http://localhost:9091/a.png",
    "https:",
    "//pictures.example.com/a.png",
    "/a.png",
    "a.png",
    "javascript:alert(1)",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "blob:http://localhost:9090/0e9a",
    "ftp://localhost:9090/a.png",
    "",
    null,
    42,
    ["https://pictures.example.com/a.png"],
  ])("the picture %j is left out", (picture) => {
    expect(userOf({ sub: "a", picture }).picture).toBeNull();
  });

  test("an http picture of an https provider is left out", async () => {
    await withIssuer("https://idp.example.com");
    expect(userOf({ sub: "a", picture: "http://idp.example.com/a.png" }).picture).toBeNull();
  });
});
