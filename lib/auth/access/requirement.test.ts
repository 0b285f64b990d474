import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { tokenSet, unsignedJwt } from "@/dev/testing/tokens.ts";
import type { Session } from "../session.ts";

const NOW = 1_700_000_000;

let lib: typeof import("./requirement.ts") & typeof import("../session.ts");

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW * 1000 });
  freshProcess();
  lib = { ...(await import("./requirement.ts")), ...(await import("../session.ts")) };
});
afterEach(() => void vi.useRealTimers());

/** The session after a login with these claims in its ID token. */
function sessionOf(claims: object, scope = "openid orders"): Session {
  return lib.createSession(tokenSet({ idToken: unsignedJwt({ sub: "alice", ...claims }), scope }), null);
}

const refusal = (claims: object, requirement: Parameters<typeof lib.refusalOf>[1]) =>
  lib.refusalOf(sessionOf(claims), requirement);

describe("a requirement of roles and scopes", () => {
  test.each([
    ["nothing", {}],
    ["both roles", { roles: ["editor", "staff"] }],
    ["the scope", { scopes: ["orders"] }],
    ["empty lists", { roles: [], scopes: [] }],
  ])("a user with two roles and a scope fulfils a requirement of %s", (_, requirement) => {
    expect(refusal({ roles: ["editor", "staff"] }, requirement)).toBeNull();
  });

  test.each([
    [{ roles: ["editor"] }, "This needs role editor."],
    [{ roles: ["staff", "editor", "chief"] }, "This needs role editor chief."],
    [{ scopes: ["orders", "admin"] }, "This needs scope admin."],
    [{ scopes: ["admin"], roles: ["editor"] }, "This needs scope admin and role editor."],
    [{ roles: ["Staff"] }, "This needs role Staff."],
    [{ roles: ["constructor"] }, "This needs role constructor."],
  ])("the refusal names the roles and scopes that the user lacks: %j", (requirement, message) => {
    expect(refusal({ roles: ["staff"] }, requirement)).toEqual({ message, login: null });
  });

  test("a user who lacks a role is not sent to log in again, even if the login is also too old", () => {
    expect(refusal({}, { roles: ["editor"], maxAge: 60, acr: ["gold"] })).toMatchObject({ login: null });
  });
});

describe("a requirement of a recent login (auth_time, OpenID Connect Core 2)", () => {
  test.each([NOW, NOW - 300, NOW - 330, NOW + 30])(
    "a login at %d fulfils maxAge 300 at 1700000000, with a tolerance of 30 seconds",
    (auth_time) => {
      expect(refusal({ auth_time }, { maxAge: 300 })).toBeNull();
    },
  );

  test.each([NOW - 331, 1, NOW + 31, NOW * 1000])(
    "a login at %d does not fulfil maxAge 300, and the provider must ask for credentials again",
    (auth_time) => {
      expect(refusal({ auth_time }, { maxAge: 300 })).toEqual({
        message: "This needs a more recent login.",
        login: { max_age: "300", prompt: "login", step_up: "1" },
      });
    },
  );

  test.each([undefined, null, String(NOW), {}])(
    "a login with auth_time %j is refused, and the new login request has max_age but not prompt=login",
    (auth_time) => {
      expect(refusal({ auth_time }, { maxAge: 300 })?.login).toEqual({ max_age: "300", step_up: "1" });
    },
  );

  test("a refresh does not make a login recent or strong, even if its ID token has a new auth_time and acr", () => {
    const claims = { sub: "alice", auth_time: NOW, acr: "gold" };
    const tokens = tokenSet({ idToken: unsignedJwt(claims), idTokenClaims: claims });
    const refreshed = lib.withTokens(sessionOf({ auth_time: NOW - 3_600, acr: "silver" }), tokens);
    expect(refreshed.idTokenClaims).toEqual(claims);
    expect(lib.refusalOf(refreshed, { maxAge: 300 })).not.toBeNull();
    expect(lib.refusalOf(refreshed, { acr: ["gold"] })).not.toBeNull();
  });

  test("a refresh without auth_time and acr keeps the values of the login", () => {
    const refreshed = lib.withTokens(sessionOf({ auth_time: NOW, acr: "gold" }), tokenSet());
    expect(lib.refusalOf(refreshed, { maxAge: 300, acr: ["gold"] })).toBeNull();
  });

  test("a session of an older version of the app, which stored no auth_time, does not fulfil maxAge", () => {
    const { authTime: _, ...session } = sessionOf({ auth_time: NOW });
    expect(lib.refusalOf(session, { maxAge: 300 })).not.toBeNull();
  });
});

describe("a requirement of a strong login (acr, OpenID Connect Core 2)", () => {
  test("a login is strong enough if its acr is on the list, or if the list is empty", () => {
    expect(refusal({ acr: "gold" }, { acr: ["platinum", "gold"] })).toBeNull();
    expect(refusal({}, { acr: [] })).toBeNull();
  });

  test.each([undefined, "silver", "GOLD", "gold platinum", ["gold"], ""])(
    "a login with acr %j is refused, and the new login request names the accepted values",
    (acr) => {
      expect(refusal({ acr, auth_time: NOW }, { acr: ["platinum", "gold"], maxAge: 60 })).toEqual({
        message: "This needs a stronger login.",
        login: { max_age: "60", acr_values: "platinum gold", step_up: "1" },
      });
    },
  );
});
