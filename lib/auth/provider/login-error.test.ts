import { describe, expect, test, vi } from "vitest";
import { isLoginError, isLoginErrorReason, LOGIN_ERROR_REASONS, LoginError } from "./errors.ts";

describe("the reasons of a failed login [K3]", () => {
  test("a failed login has one of seven reasons", () => {
    expect([...LOGIN_ERROR_REASONS].sort()).toEqual([
      "access_denied",
      "configuration",
      "invalid_response",
      "login_expired",
      "provider_error",
      "provider_unavailable",
      "state_mismatch",
    ]);
  });

  test.each(LOGIN_ERROR_REASONS)("isLoginErrorReason accepts %s", (reason) => {
    expect(isLoginErrorReason(reason)).toBe(true);
  });

  test.each([
    "",
    "toString",
    "__proto__",
    "ACCESS_DENIED",
    "access_denied ",
    null,
    undefined,
    0,
    ["access_denied"],
  ])("isLoginErrorReason refuses %j", (value) => {
    expect(isLoginErrorReason(value)).toBe(false);
  });
});

describe("isLoginError", () => {
  test("isLoginError recognizes a LoginError of the other bundle", async () => {
    vi.resetModules();
    const otherBundle = await import("./errors.ts");
    const error = new otherBundle.LoginError("configuration", "no");
    expect(error).not.toBeInstanceOf(LoginError);
    expect(isLoginError(error)).toBe(true);
  });

  test.each([
    new Error("x"),
    Object.assign(new Error("x"), { name: "LoginError" }),
    Object.assign(new Error("x"), { name: "LoginError", reason: "made_up" }),
    { name: "LoginError", reason: "configuration" },
    "LoginError",
    null,
  ])("isLoginError returns false for %s", (thrown) => {
    expect(isLoginError(thrown)).toBe(false);
  });
});
