import { beforeEach, describe, expect, test } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";

let lib: typeof import("./requirement.ts");

async function load(place?: string): Promise<void> {
  freshProcess({ OIDC_ROLES_CLAIM: place });
  lib = await import("./requirement.ts");
}

beforeEach(() => load());

describe("rolesIn without OIDC_ROLES_CLAIM", () => {
  const usual: Record<string, object> = {
    "realm_access.roles (Keycloak)": { realm_access: { roles: ["editor"] } },
    "resource_access.*.roles (Keycloak)": { resource_access: { "my.app": { roles: ["editor"] } } },
    "permissions (Auth0)": { permissions: ["editor"] },
    "roles (Entra ID, Logto)": { roles: ["editor"] },
    "groups (Okta, authentik, Entra ID)": { groups: ["editor"] },
    "cognito:groups (Amazon Cognito)": { "cognito:groups": ["editor"] },
    "urn:zitadel:iam:org:project:roles (Zitadel)": {
      "urn:zitadel:iam:org:project:roles": { editor: { 1: "example.com" } },
    },
  };

  test.each(Object.entries(usual))("roles are found in the claim %s", (_, claims) => {
    expect(lib.rolesIn([{ sub: "alice", ...claims }])).toEqual(["editor"]);
  });

  test("roles of several claims are combined, each once, in alphabetical order", () => {
    const claims = { groups: ["b", "a"], roles: ["a", "c"], realm_access: { roles: ["d"] } };
    expect(lib.rolesIn([claims])).toEqual(["a", "b", "c", "d"]);
  });

  test.each([
    ["names that are not text", { roles: [1, null, {}, ["x"], true] }],
    ["blank names", { roles: ["", "  "], groups: " " }],
    ["members without a value", { "urn:zitadel:iam:org:project:roles": { editor: null, viewer: false } }],
    ["a number and a boolean", { roles: 1, groups: true }],
    ["claims with a similar name", { role: ["editor"], realm_access: { role: ["editor"] } }],
    ["a claim with an unknown name", { "https://other.example.com/roles": ["editor"] }],
    ["a text and a list in place of an object", { realm_access: "x", resource_access: [] }],
  ])("no role is found in %s", (_, claims) => {
    expect(lib.rolesIn([claims])).toEqual([]);
  });

  test("a text is the name of one role, even if it contains spaces", () => {
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
  ])("with OIDC_ROLES_CLAIM=%s, roles are read from that claim only", async (place, claims) => {
    await load(place);
    expect(lib.rolesIn([claims])).toEqual(["editor"]);
  });

  test.each(["roles", "constructor", "__proto__", "toString.name", ".", "..", "*", "*.*", "a."])(
    "with OIDC_ROLES_CLAIM=%s, no role is found in empty claims",
    async (place) => {
      await load(place);
      expect(lib.rolesIn([{}])).toEqual([]);
    },
  );

  test("rolesIn ignores OIDC_ROLES_CLAIM if the caller passes null as the path", async () => {
    await load("realm_access.roles");
    expect(lib.rolesIn([{ roles: ["editor"] }], null)).toEqual(["editor"]);
  });
});

describe("the roles of a session", () => {
  test("a session's roles come from the ID token, and from userinfo claims that the ID token lacks", () => {
    const userinfo = { sub: "alice", roles: ["old"], groups: ["staff"] };
    expect(lib.rolesOf({ idTokenClaims: { roles: ["new"] }, userinfo })).toEqual(["new", "staff"]);
    expect(lib.rolesOf({ idTokenClaims: { roles: [] }, userinfo: { roles: ["old"] } })).toEqual([]);
    expect(lib.rolesOf({ idTokenClaims: {}, userinfo: null })).toEqual([]);
  });

  test("roles in the access token are ignored", async () => {
    const { unsignedJwt } = await import("@/dev/testing/tokens.ts");
    const accessToken = unsignedJwt({ roles: ["editor"], permissions: ["editor"] });
    const session = { idTokenClaims: {}, userinfo: null, accessToken };
    expect(lib.rolesOf(session)).toEqual([]);
  });
});
