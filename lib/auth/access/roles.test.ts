import { beforeEach, describe, expect, test } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";

let lib: typeof import("./requirement.ts");

async function load(place?: string): Promise<void> {
  freshProcess({ OIDC_ROLES_CLAIM: place });
  lib = await import("./requirement.ts");
}

beforeEach(() => load());

describe("roles, where nothing is set, are found as", () => {
  const usual: Record<string, object> = {
    "Keycloak states those of the realm": { realm_access: { roles: ["editor"] } },
    "Keycloak states those of a client": { resource_access: { "my.app": { roles: ["editor"] } } },
    "Auth0 states permissions": { permissions: ["editor"] },
    "Entra ID and Logto state them": { roles: ["editor"] },
    "Okta, authentik and Entra ID state groups": { groups: ["editor"] },
    "Amazon Cognito states groups": { "cognito:groups": ["editor"] },
    "Zitadel states them": { "urn:zitadel:iam:org:project:roles": { editor: { 1: "example.com" } } },
  };

  test.each(Object.entries(usual))("%s", (_, claims) => {
    expect(lib.rolesIn([{ sub: "alice", ...claims }])).toEqual(["editor"]);
  });

  test("all of them together, each once, in order", () => {
    const claims = { groups: ["b", "a"], roles: ["a", "c"], realm_access: { roles: ["d"] } };
    expect(lib.rolesIn([claims])).toEqual(["a", "b", "c", "d"]);
  });

  test.each([
    ["a name that is not text", { roles: [1, null, {}, ["x"], true] }],
    ["blank names", { roles: ["", "  "], groups: " " }],
    ["a member without a value", { "urn:zitadel:iam:org:project:roles": { editor: null, viewer: false } }],
    ["numbers and truth", { roles: 1, groups: true }],
    ["claims that only look alike", { role: ["editor"], realm_access: { role: ["editor"] } }],
    ["a claim of any other name, whose app nobody knows", { "https://other.example.com/roles": ["editor"] }],
    ["what every object inherits", { realm_access: "x", resource_access: [] }],
  ])("none for %s", (_, claims) => {
    expect(lib.rolesIn([claims])).toEqual([]);
  });

  test("one name for a text, with its spaces: it is not several roles", () => {
    expect(lib.rolesIn([{ groups: "Domain Admins" }])).toEqual(["Domain Admins"]);
  });
});

describe("OIDC_ROLES_CLAIM", () => {
  test.each([
    ["realm_access.roles", { realm_access: { roles: ["editor"] }, roles: ["other"] }],
    [
      "resource_access.my-app.roles",
      { resource_access: { "my-app": { roles: ["editor"] }, other: { roles: ["x"] } } },
    ],
    ["resource_access.my.app.roles", { resource_access: { "my.app": { roles: ["editor"] } } }],
    ["https://example.com/roles", { "https://example.com/roles": ["editor"] }],
    [
      "https://example.com/claims.app.roles",
      { "https://example.com/claims": { app: { roles: ["editor"] } } },
    ],
    ["apps.*.role", { apps: { one: { role: "editor" }, two: {} } }],
    ["a.b.c", { "a.b": { c: ["editor"] }, a: { "b.c": ["x"] } }],
  ])("%s is the only place", async (place, claims) => {
    await load(place);
    expect(lib.rolesIn([claims])).toEqual(["editor"]);
  });

  test.each(["roles", "constructor", "__proto__", "toString.name", ".", "..", "*", "*.*", "a."])(
    "%s finds nothing where nothing is",
    async (place) => {
      await load(place);
      expect(lib.rolesIn([{}])).toEqual([]);
    },
  );

  test("is not about tokens that state roles at the usual places", async () => {
    await load("realm_access.roles");
    expect(lib.rolesIn([{ roles: ["editor"] }], null)).toEqual(["editor"]);
  });
});

describe("the roles of a session", () => {
  test("come from the ID token, which a refresh renews, and from the userinfo where the ID token has none", () => {
    const userinfo = { sub: "alice", roles: ["old"], groups: ["staff"] };
    expect(lib.rolesOf({ idTokenClaims: { roles: ["new"] }, userinfo })).toEqual(["new", "staff"]);
    expect(lib.rolesOf({ idTokenClaims: { roles: [] }, userinfo: { roles: ["old"] } })).toEqual([]);
    expect(lib.rolesOf({ idTokenClaims: {}, userinfo: null })).toEqual([]);
  });

  test("do not come from the access token", async () => {
    const { unsignedJwt } = await import("@/dev/testing/tokens.ts");
    const accessToken = unsignedJwt({ roles: ["editor"], permissions: ["editor"] });
    const session = { idTokenClaims: {}, userinfo: null, accessToken };
    expect(lib.rolesOf(session)).toEqual([]);
  });
});
