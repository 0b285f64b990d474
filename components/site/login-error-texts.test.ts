import { describe, expect, test } from "vitest";
import { LOGIN_ERROR_REASONS } from "@/lib/auth/provider/index.ts";
import { cookieHints, failureHints, loginErrorText } from "./login-error-texts.ts";

const visitor = { appBaseUrl: "https://app.example.com", reference: "a-request-id", user: null };

describe("the hint about cookies after a failed login", () => {
  test("the cookie hint names the app's URL if the login cookie did not arrive", () => {
    for (const reason of ["login_expired", "state_mismatch"] as const) {
      expect(cookieHints({ ...visitor, reason })).toEqual([expect.stringContaining(visitor.appBaseUrl)]);
    }
  });

  test("the cookie hint says that the browser seems to refuse cookies if no cookie arrived", () => {
    const hints = cookieHints({ ...visitor, reason: "login_expired", reference: null });
    expect(hints).toEqual([expect.anything(), expect.stringContaining("refuse cookies")]);
  });

  test("the cookie hint is not shown to a logged-in user, because their cookies arrive", () => {
    expect(cookieHints({ ...visitor, reason: "login_expired", user: { name: "Alice" } })).toEqual([]);
  });

  test("the cookie hint is not shown for other failures", () => {
    const others = LOGIN_ERROR_REASONS.filter((one) => one !== "login_expired" && one !== "state_mismatch");
    for (const reason of [...others, null]) expect(cookieHints({ ...visitor, reason })).toEqual([]);
  });
});

test.each([
  ["scope", "provider_error", /OIDC_SCOPE; often it is offline_access/],
  ["expired", "configuration", /expired on arrival.*offline_access/],
  ["circle", "configuration", /several times in a row.*SESSION_SECRET/],
] as const)(
  "the hint %s of a failure is shown only if the login failed for this reason",
  (hint, reason, text) => {
    expect(failureHints(reason, { requestId: "r", hint })).toEqual([expect.stringMatching(text)]);
    expect(failureHints("access_denied", { requestId: "r", hint })).toEqual([]);
    expect(failureHints(null, { requestId: "r", hint })).toEqual([]);
    expect(failureHints(reason, { requestId: "r", hint: null })).toEqual([]);
    expect(failureHints(reason, null)).toEqual([]);
  },
);

describe("the text for a step-up that the provider did not confirm", () => {
  const failure = { requestId: "r", hint: "unmet" } as const;
  const title = "The provider did not confirm the login that the page needs";

  test.each(["invalid_response", "provider_error"] as const)(
    "the step-up text replaces the usual text for %s",
    (reason) => {
      expect(loginErrorText(reason, failure).title).toBe(title);
      expect(failureHints(reason, failure)).toEqual([]);
    },
  );

  test("the step-up text is not shown for another failure or another reason in the URL", () => {
    for (const reason of LOGIN_ERROR_REASONS) {
      expect(loginErrorText(reason, { requestId: "r", hint: null }).title).not.toBe(title);
      expect(loginErrorText(reason, null).title).not.toBe(title);
    }
    for (const reason of ["access_denied", "configuration", null] as const) {
      expect(loginErrorText(reason, failure).title).not.toBe(title);
    }
  });
});
