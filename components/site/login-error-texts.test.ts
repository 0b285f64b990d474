import { describe, expect, test } from "vitest";
import { LOGIN_ERROR_REASONS } from "@/lib/auth/provider/index.ts";
import { cookieHints, failureHints, loginErrorText } from "./login-error-texts.ts";

const visitor = { appBaseUrl: "https://app.example.com", reference: "a-request-id", user: null };

describe("the hint about cookies after a login that failed", () => {
  test("names the app's address if the login cookie did not arrive", () => {
    for (const reason of ["login_expired", "state_mismatch"] as const) {
      expect(cookieHints({ ...visitor, reason })).toEqual([expect.stringContaining(visitor.appBaseUrl)]);
    }
  });

  test("adds that the browser seems to refuse cookies if none arrived at all", () => {
    const hints = cookieHints({ ...visitor, reason: "login_expired", reference: null });
    expect(hints).toEqual([expect.anything(), expect.stringContaining("refuse cookies")]);
  });

  test("is not shown to a user who is logged in, whose cookies arrive", () => {
    expect(cookieHints({ ...visitor, reason: "login_expired", user: { name: "Alice" } })).toEqual([]);
  });

  test("is not shown for other failures", () => {
    const others = LOGIN_ERROR_REASONS.filter((one) => one !== "login_expired" && one !== "state_mismatch");
    for (const reason of [...others, null]) expect(cookieHints({ ...visitor, reason })).toEqual([]);
  });
});

test.each([
  ["scope", "provider_error", /OIDC_SCOPE; often it is offline_access/],
  ["expired", "configuration", /expired on arrival.*offline_access/],
  ["circle", "configuration", /twice in a row.*SESSION_SECRET/],
] as const)(
  "a failure's hint %s is given where it is why the login failed, and nowhere else",
  (hint, reason, text) => {
    expect(failureHints(reason, { requestId: "r", hint })).toEqual([expect.stringMatching(text)]);
    expect(failureHints("access_denied", { requestId: "r", hint })).toEqual([]);
    expect(failureHints(null, { requestId: "r", hint })).toEqual([]);
    expect(failureHints(reason, { requestId: "r", hint: null })).toEqual([]);
    expect(failureHints(reason, null)).toEqual([]);
  },
);

describe("the text for a login that a page asked for", () => {
  const failure = { requestId: "r", hint: "unmet" } as const;
  const title = "The provider did not confirm the login that the page needs";

  test.each(["invalid_response", "provider_error"] as const)(
    "is shown for %s, in place of the usual one",
    (reason) => {
      expect(loginErrorText(reason, failure).title).toBe(title);
      expect(failureHints(reason, failure)).toEqual([]);
    },
  );

  test("is not shown for another failure, or another reason in the URL", () => {
    for (const reason of LOGIN_ERROR_REASONS) {
      expect(loginErrorText(reason, { requestId: "r", hint: null }).title).not.toBe(title);
      expect(loginErrorText(reason, null).title).not.toBe(title);
    }
    for (const reason of ["access_denied", "configuration", null] as const) {
      expect(loginErrorText(reason, failure).title).not.toBe(title);
    }
  });
});
