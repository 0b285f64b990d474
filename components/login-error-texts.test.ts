import { describe, expect, test } from "vitest";
import { LOGIN_ERROR_REASONS } from "@/lib/auth/errors.ts";
import { cookieHints, scopeHints } from "./login-error-texts.ts";

const visitor = { appBaseUrl: "https://app.example.com", reference: "a-request-id", user: null };

describe("the hint about cookies after a login that failed", () => {
  test("names the app's address where the login cookie did not come", () => {
    for (const reason of ["login_expired", "state_mismatch"] as const) {
      expect(cookieHints({ ...visitor, reason })).toEqual([expect.stringContaining(visitor.appBaseUrl)]);
    }
  });

  test("adds that the browser seems to refuse cookies where none came at all", () => {
    const hints = cookieHints({ ...visitor, reason: "login_expired", reference: null });
    expect(hints).toEqual([expect.anything(), expect.stringContaining("refuse cookies")]);
  });

  test("is not for somebody who is logged in: their cookies come", () => {
    expect(cookieHints({ ...visitor, reason: "login_expired", user: { name: "Alice" } })).toEqual([]);
  });

  test("is not for a failure of another kind", () => {
    const others = LOGIN_ERROR_REASONS.filter((one) => one !== "login_expired" && one !== "state_mismatch");
    for (const reason of [...others, null]) expect(cookieHints({ ...visitor, reason })).toEqual([]);
  });
});

test("a scope that the provider refuses is told of where that is why the login failed, and nowhere else", () => {
  const failure = { requestId: "r", isAboutScope: true };
  expect(scopeHints("provider_error", failure)).toEqual([
    expect.stringMatching(/OIDC_SCOPE; often it is offline_access/),
  ]);
  expect(scopeHints("access_denied", failure)).toEqual([]);
  expect(scopeHints("provider_error", { ...failure, isAboutScope: false })).toEqual([]);
  expect(scopeHints("provider_error", null)).toEqual([]);
});
