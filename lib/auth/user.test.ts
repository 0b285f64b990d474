import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import type { Claims } from "./jwt.ts";
import type { User } from "./user.ts";

/** The person behind claims, as a process with these settings sees them. */
let userOf: (idTokenClaims: object, userinfo?: object | null) => User;

async function withIssuer(issuer: string): Promise<void> {
  freshProcess({ OIDC_ISSUER: issuer });
  const { toUser } = await import("./user.ts");
  userOf = (idTokenClaims, userinfo = null) =>
    toUser({ idTokenClaims: idTokenClaims as Claims, userinfo: userinfo as Claims | null });
}

beforeEach(() => withIssuer("http://localhost:9090/oidc"));

describe("the person behind a session [C6]", () => {
  test("has the standard claims", () => {
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

  test("without claims is Anonymous, without e-mail and picture [C10] [Q3]", () => {
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

  test("userinfo goes before the ID token, which fills what it leaves out [Q3]", () => {
    const user = userOf({ sub: "a", name: "Old", email: "a@b.c" }, { sub: "a", name: "New" });
    expect([user.name, user.email]).toEqual(["New", "a@b.c"]);
  });

  test("the subject is the ID token's: userinfo renames nobody", () => {
    expect(userOf({ sub: "alice" }, { sub: "mallory" }).sub).toBe("alice");
  });

  test("a claim that userinfo leaves empty is the ID token's", () => {
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

  test("nickname, then the user name, stand in for a missing name", () => {
    expect(userOf({ sub: "a", nickname: "Al", preferred_username: "alice1" }).name).toBe("Al");
    expect(userOf({ sub: "a", preferred_username: "alice1" }).name).toBe("alice1");
  });

  test.each([1, true, null, {}, ["Alice"], "", "   "])("a name of %j counts as missing", (name) => {
    expect(userOf({ sub: "a", name }).name).toBe("Anonymous");
  });

  test.each(["true", 1, null, {}])("email_verified of %j is not known", (email_verified) => {
    expect(userOf({ sub: "a", email_verified }).email_verified).toBeNull();
  });

  test("a claim named __proto__ gives nobody anything", () => {
    const claims: object = JSON.parse('{"sub":"a","__proto__":{"name":"Admin","email":"admin@example.com"}}');
    expect(userOf(claims, claims)).toMatchObject({ name: "Anonymous", email: null });
    expect(({} as Record<string, unknown>).email).toBeUndefined();
  });

  test("names come out as they are: escaping is the page's business", () => {
    expect(userOf({ sub: "a", name: "<script>alert(1)</script>" }).name).toBe("<script>alert(1)</script>");
  });

  test("whatever the claims hold, every field is of its type", () => {
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

const FIELDS = ["name", "email", "email_verified", "nickname", "preferred_username", "given_name", "picture"];

describe("the picture [A8]", () => {
  test.each(["https://pictures.example.com/a.png?s=96", "http://localhost:9090/pictures/a.svg"])(
    "%s is shown",
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
  ])("%j is not", (picture) => {
    expect(userOf({ sub: "a", picture }).picture).toBeNull();
  });

  test("plain http is shown from no other machine, not even beside an https provider", async () => {
    await withIssuer("https://idp.example.com");
    expect(userOf({ sub: "a", picture: "http://idp.example.com/a.png" }).picture).toBeNull();
  });
});
