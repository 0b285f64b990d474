import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { SITE } from "../../site.ts";
import type { LoginErrorReason } from "../provider/index.ts"; // part: doctor
import { LoginError } from "../provider/index.ts";

const COOKIE = `__Host-${SITE.id}.error`;
const ID = "0b3c4f2e-1111-4222-8333-444455556666";

let lib: typeof import("../errors.ts");
const warn = vi.fn();

beforeEach(async () => {
  freshProcess();
  warn.mockReset();
  lib = await import("../errors.ts");
  vi.spyOn((await import("../../log.ts")).log, "warn").mockImplementation(warn);
});

const error = new LoginError("provider_error", "code exchange failed", {
  providerErrorDescription: "secret words",
});

describe("a failed login", () => {
  test("a failed login leads to the error page with its reason; only the log has the provider's words [K3]", () => {
    const jar = new FakeCookieJar();
    const response = lib.answerLoginError(jar, error, { requestId: ID, status: 303 });
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe("/auth/error?reason=provider_error");
    expect(JSON.stringify([...response.headers, ...jar.written])).not.toContain("secret words");
    expect(warn).toHaveBeenCalledWith(
      {
        requestId: ID,
        step: "login",
        reason: "provider_error",
        advice: "npm run doctor may say what to change", // part: doctor
        providerErrorDescription: "secret words",
      },
      "code exchange failed",
    );
  });

  test("an HttpOnly cookie keeps the request id of a failed login for five minutes", () => {
    const jar = new FakeCookieJar();
    lib.answerLoginError(jar, error, { requestId: ID, status: 303 });
    const [written] = jar.written;
    expect(written).toMatchObject({ name: COOKIE, value: ID, options: { maxAge: 300, httpOnly: true } });
  });

  // part: doctor
  test("the log advises npm run doctor, or something more specific, if a setting may be wrong", () => {
    const adviceOn = (...[reason, detail]: [LoginErrorReason, object?]): unknown => {
      const failed = new LoginError(reason, "refused", { ...detail });
      lib.answerLoginError(new FakeCookieJar(), failed, { requestId: ID, status: 303 });
      return warn.mock.lastCall?.[0].advice;
    };
    expect(adviceOn("configuration")).toContain("npm run doctor");
    expect(adviceOn("provider_error")).toContain("npm run doctor");
    expect(adviceOn("configuration", { advice: "set OIDC_SCOPE" })).toBe("set OIDC_SCOPE");
    expect(adviceOn("access_denied")).toBeUndefined();
  });
  // end part: doctor

  test("the error page can read the request id that is in the log", async () => {
    const jar = new FakeCookieJar();
    lib.answerLoginError(jar, error, { requestId: ID, status: 302 });
    expect(jar.written).toMatchObject([
      { name: COOKIE, value: ID, options: { httpOnly: true, secure: true } },
    ]);
    expect(lib.readErrorReference(jar)).toEqual({ requestId: ID, hint: null });
  });

  test("the provider's error invalid_scope gives the error page the hint scope", async () => {
    const jar = new FakeCookieJar();
    const refused = new LoginError("provider_error", "refused", { providerError: "invalid_scope" });
    lib.answerLoginError(jar, refused, { requestId: ID, status: 303 });
    expect(jar.read(COOKIE)).toBe(`${ID}.scope`);
    expect(lib.readErrorReference(jar)).toEqual({ requestId: ID, hint: "scope" });
  });

  test.each(["expired", "circle"])("the error page gets the hint %s of the failed login", async (hint) => {
    const jar = new FakeCookieJar();
    const failed = new LoginError("configuration", "refused", { hint });
    lib.answerLoginError(jar, failed, { requestId: ID, status: 303 });
    expect(jar.read(COOKIE)).toBe(`${ID}.${hint}`);
    expect(lib.readErrorReference(jar)).toEqual({ requestId: ID, hint });
  });

  test.each(["code exchange", "userinfo request"])(
    "the error page gets the failed request: %s",
    async (step) => {
      const jar = new FakeCookieJar();
      lib.answerLoginError(jar, new LoginError("provider_error", "x", { step }), {
        requestId: ID,
        status: 303,
      });
      expect(lib.readErrorReference(jar)).toEqual({ requestId: ID, hint: step });
    },
  );

  test.each([
    "",
    "unknown",
    "<script>alert(1)</script>",
    `${ID}x`,
    `${ID}.`,
    `${ID}.else`,
    ` ${ID.slice(1)}`,
    `${ID}\n`,
  ])("readErrorReference returns null if the cookie contains %j", async (value) => {
    const jar = new FakeCookieJar([[COOKIE, value]]);
    expect(lib.readErrorReference(jar)).toBeNull();
  });

  test("readErrorReference returns null without a cookie", () => {
    expect(lib.readErrorReference(new FakeCookieJar())).toBeNull();
  });
});
