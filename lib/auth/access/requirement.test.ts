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

describe("roles and scopes", () => {
  test.each([
    ["nothing", {}],
    ["every role", { roles: ["editor", "staff"] }],
    ["every scope", { scopes: ["orders"] }],
    ["none at all", { roles: [], scopes: [] }],
  ])("that are there fulfil a requirement of %s", (_, requirement) => {
    expect(refusal({ roles: ["editor", "staff"] }, requirement)).toBeNull();
  });

  test.each([
    [{ roles: ["editor"] }, "This needs role editor."],
    [{ roles: ["staff", "editor", "chief"] }, "This needs role editor chief."],
    [{ scopes: ["orders", "admin"] }, "This needs scope admin."],
    [{ scopes: ["admin"], roles: ["editor"] }, "This needs scope admin and role editor."],
    [{ roles: ["Staff"] }, "This needs role Staff."],
    [{ roles: ["constructor"] }, "This needs role constructor."],
  ])("that are missing are named: %j", (requirement, message) => {
    expect(refusal({ roles: ["staff"] }, requirement)).toEqual({ message, login: null });
  });

  test("that are missing send nobody to log in again, however old the login is", () => {
    expect(refusal({}, { roles: ["editor"], maxAge: 60, acr: ["gold"] })).toMatchObject({ login: null });
  });
});

describe("a recent login (OpenID Connect Core 2, auth_time)", () => {
  test.each([NOW, NOW - 300, NOW - 330, NOW + 30])("at %d fulfils maxAge 300", (auth_time) => {
    expect(refusal({ auth_time }, { maxAge: 300 })).toBeNull();
  });

  test.each([NOW - 331, 1, NOW + 31, NOW * 1000])(
    "at %d does not: the provider is to ask again",
    (auth_time) => {
      expect(refusal({ auth_time }, { maxAge: 300 })).toEqual({
        message: "This needs a more recent login.",
        login: { max_age: "300", prompt: "login", step_up: "1" },
      });
    },
  );

  test.each([undefined, null, String(NOW), {}])(
    "at an unknown time (%j) does not: the provider says when, and asks again only if it has to",
    (auth_time) => {
      expect(refusal({ auth_time }, { maxAge: 300 })?.login).toEqual({ max_age: "300", step_up: "1" });
    },
  );

  test("is not made by a refresh, whatever its ID token says", () => {
    const claims = { sub: "alice", auth_time: NOW, acr: "gold" };
    const tokens = tokenSet({ idToken: unsignedJwt(claims), idTokenClaims: claims });
    const refreshed = lib.withTokens(sessionOf({ auth_time: NOW - 3_600, acr: "silver" }), tokens);
    expect(refreshed.idTokenClaims).toEqual(claims);
    expect(lib.refusalOf(refreshed, { maxAge: 300 })).not.toBeNull();
    expect(lib.refusalOf(refreshed, { acr: ["gold"] })).not.toBeNull();
  });

  test("is still known after a refresh whose ID token does not say it", () => {
    const refreshed = lib.withTokens(sessionOf({ auth_time: NOW, acr: "gold" }), tokenSet());
    expect(lib.refusalOf(refreshed, { maxAge: 300, acr: ["gold"] })).toBeNull();
  });

  test("cannot be told of a session from before an update of the app", () => {
    const { authTime: _, ...session } = sessionOf({ auth_time: NOW });
    expect(lib.refusalOf(session, { maxAge: 300 })).not.toBeNull();
  });
});

describe("a strong login (OpenID Connect Core 2, acr)", () => {
  test("is one of the values that the page accepts", () => {
    expect(refusal({ acr: "gold" }, { acr: ["platinum", "gold"] })).toBeNull();
    expect(refusal({}, { acr: [] })).toBeNull();
  });

  test.each([undefined, "silver", "GOLD", "gold platinum", ["gold"], ""])("is none with acr %j", (acr) => {
    expect(refusal({ acr, auth_time: NOW }, { acr: ["platinum", "gold"], maxAge: 60 })).toEqual({
      message: "This needs a stronger login.",
      login: { max_age: "60", acr_values: "platinum gold", step_up: "1" },
    });
  });
});
