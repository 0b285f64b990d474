import { describe, expect, test } from "vitest";
import { unsignedJwt } from "@/dev/testing/tokens.ts";
import { httpStatusOf, LoginError, toLoginError } from "./errors.ts";

/** Makes an error with the fields of openid-client's errors, but without their class, as from another bundle. */
const peerError = (message: string, fields: object) => Object.assign(new Error(message), fields);

describe("the reason that toLoginError chooses", () => {
  test("toLoginError returns a LoginError unchanged", () => {
    const error = new LoginError("state_mismatch", "no such login");
    expect(toLoginError(error, "step")).toBe(error);
  });

  test.each([
    ["a time-out", new DOMException("took too long", "TimeoutError"), "provider_unavailable"],
    ["an abort", new DOMException("aborted", "AbortError"), "provider_unavailable"],
    ["a failed fetch", new TypeError("fetch failed"), "provider_unavailable"],
    ["an answer that is cut off", new TypeError("terminated"), "provider_unavailable"],
    ["another TypeError", new TypeError("x is not a function"), "invalid_response"],
    ["undefined", undefined, "invalid_response"],
    ["null", null, "invalid_response"],
    ["a thrown text", "oops", "invalid_response"],
  ])("toLoginError chooses the right reason for %s", (_, thrown, reason) => {
    expect(toLoginError(thrown, "step")).toMatchObject({ name: "LoginError", reason });
  });

  test.each([
    [{ status: 500 }, "provider_unavailable"],
    [{ status: 599 }, "provider_unavailable"],
    [{ status: 429 }, "provider_unavailable"],
    [{ status: 503, error: "access_denied" }, "provider_unavailable"],
    [{ cause: { status: 502 } }, "provider_unavailable"],
    [{ cause: new TypeError("fetch failed") }, "provider_unavailable"],
    [{ cause: { cause: new DOMException("", "TimeoutError") } }, "provider_unavailable"],
    [{ error: "access_denied" }, "access_denied"],
    [{ error: "invalid_grant", status: 400 }, "provider_error"],
    [{ status: 400 }, "invalid_response"],
    [{ status: 404 }, "invalid_response"],
    [{ code: "OAUTH_HTTP_REQUEST_FORBIDDEN" }, "configuration"],
    [{ code: "OAUTH_MISSING_SERVER_METADATA" }, "configuration"],
    [{ code: "OAUTH_JWT_CLAIM_COMPARISON_FAILED" }, "invalid_response"],
  ])("an error with the fields %j gets the reason %s", (fields, reason) => {
    expect(toLoginError(peerError("failed", fields), "step").reason).toBe(reason);
  });
});

describe("the message and the detail of a LoginError", () => {
  test("the detail has the step, the status, the code and the provider's message", () => {
    const error = peerError("server responded with an error", {
      code: "OAUTH_RESPONSE_BODY_ERROR",
      status: 400,
      error: "invalid_grant",
      error_description: "code expired",
      cause: new Error("inner"),
    });
    expect(toLoginError(error, "code exchange")).toMatchObject({
      message: "code exchange failed: server responded with an error",
      detail: {
        step: "code exchange",
        code: "OAUTH_RESPONSE_BODY_ERROR",
        status: 400,
        providerError: "invalid_grant",
        providerErrorDescription: "code expired",
        cause: "inner",
      },
    });
  });

  test("the detail names the address that could not be reached", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED ::1:9090"), { code: "ECONNREFUSED" });
    expect(toLoginError(new TypeError("fetch failed", { cause: refused }), "discovery").detail).toEqual({
      step: "discovery",
      code: "ECONNREFUSED",
      cause: "connect ECONNREFUSED ::1:9090",
    });
  });

  test("neither the message nor the detail contains a token or a line break, whatever the error says", () => {
    const token = unsignedJwt({ sub: "alice" });
    const words = `bad ${token}\n{"level":"info"}`;
    const error = peerError(words, {
      code: words,
      error: words,
      error_description: words,
      cause: new Error(words),
    });
    const { message, detail } = toLoginError(error, "step");
    for (const text of [message, ...Object.values(detail).map(String)]) {
      expect(text).not.toMatch(/eyJ|\n/);
    }
  });

  test("only an unexpected error has a stack in its detail", () => {
    expect(toLoginError(new TypeError("x is not a function"), "step").detail.stack).toContain("errors.test");
    expect(toLoginError(new TypeError("fetch failed"), "step").detail).not.toHaveProperty("stack");
    expect(toLoginError(peerError("failed", { code: "OAUTH_X" }), "step").detail).not.toHaveProperty("stack");
  });

  test("a long text of the provider is shortened", () => {
    const { detail } = toLoginError(peerError("x", { error_description: "y".repeat(10_000) }), "step");
    expect(String(detail.providerErrorDescription).length).toBeLessThan(310);
  });
});

describe("httpStatusOf", () => {
  test("httpStatusOf returns the status of the error or, if that is missing, of its cause", () => {
    expect(httpStatusOf({ status: 401 })).toBe(401);
    expect(httpStatusOf({ cause: { status: 403 } })).toBe(403);
    expect(httpStatusOf({ status: 400, cause: { status: 500 } })).toBe(400);
  });

  test.each([undefined, null, "401", 401, {}, { status: "401" }, { cause: null }])(
    "httpStatusOf returns undefined for %j",
    (error) => {
      expect(httpStatusOf(error)).toBeUndefined();
    },
  );
});
