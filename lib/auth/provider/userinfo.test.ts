import { beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess, startScriptedProvider, thrownBy } from "@/dev/testing/fresh-process.ts";
import type { Answer } from "@/dev/testing/local-server.ts";

const op = await startScriptedProvider();
let lib: typeof import("./requests.ts");

beforeEach(async () => {
  freshProcess({ OIDC_ISSUER: op.issuer });
  lib = await import("./requests.ts");
});

const ask = () => lib.fetchUserinfo({ accessToken: "the-access-token" }, "alice");

function answering(answer: Answer): void {
  op.answers["/userinfo"] = () => answer;
}

describe("fetchUserinfo [Q3]", () => {
  test("fetchUserinfo sends the access token and returns the claims", async () => {
    expect(await ask()).toEqual({ sub: "alice", email: "alice@example.com" });
    expect(op.requestTo("/userinfo")?.headers.authorization).toBe("Bearer the-access-token");
  });

  test("fetchUserinfo sends no request if the provider has no userinfo endpoint", async () => {
    op.metadata = { userinfo_endpoint: undefined };
    expect(await ask()).toBeNull();
    expect(op.asked).not.toContain("/userinfo");
  });

  test.each([401, 403])(
    "fetchUserinfo returns null, and does not fail, if the provider answers %i",
    async (status) => {
      for (const headers of [{}, { "www-authenticate": 'Bearer error="insufficient_scope"' }]) {
        answering({ status, headers: headers as Record<string, string>, json: { error: "invalid_token" } });
        expect(await ask()).toBeNull();
        answering({ status, headers: headers as Record<string, string>, text: "<h1>No</h1>" });
        expect(await ask()).toBeNull();
      }
    },
  );

  test.each([
    ["answered with 404", { status: 404, text: "?" }, "answered 404"],
    ["answered with 404 and a challenge", { status: 404, headers: { "www-authenticate": "Bearer" } }, "404"],
    ["answered with 204", { status: 204 }, "answered 204"],
    ["answered with 405", { status: 405, json: { error: "method_not_allowed" } }, "answered 405"],
    ["without a sub", { json: { email: "alice@example.com" } }, "without a sub"],
    ["with a sub that is null", { json: { sub: null, email: "alice@example.com" } }, "without a sub"],
    ["with an inherited sub only", { json: JSON.parse('{"__proto__": {"sub": "alice"}}') }, "sub"],
    ["that is an error", { json: { error: "unsupported" } }, "without a sub"],
  ] as const)("userinfo %s is ignored, and a warning is logged", async (_, answer, said) => {
    const { log } = await import("../../log.ts");
    const warn = vi.spyOn(log, "warn").mockReturnValue();
    answering(answer);
    expect(await ask()).toBeNull();
    expect(warn.mock.calls.map(([, message]) => message)).toEqual([expect.stringContaining(said)]);
  });

  test("signed userinfo without a sub is ignored as well", async () => {
    const text = await op.sign({ email: "alice@example.com" });
    answering({ headers: { "content-type": "application/jwt" }, text });
    (await import("../../log.ts")).log.level = "silent";
    expect(await ask()).toBeNull();
  });

  test.each([
    ["about somebody else", { json: { sub: "mallory" } }, "invalid_response"],
    ["whose sub is a number", { json: { sub: 42 } }, "invalid_response"],
    ["whose sub is empty", { json: { sub: "" } }, "invalid_response"],
    ["that is a list", { json: [] }, "invalid_response"],
    ["in HTML", { text: "<h1>Hello</h1>" }, "invalid_response"],
    ["that is not JSON", { headers: { "content-type": "application/json" }, text: "{" }, "invalid_response"],
    ["that is redirected", { status: 302, headers: { location: "/elsewhere" } }, "invalid_response"],
    ["answered with 400", { status: 400, json: { error: "invalid_request" } }, "invalid_response"],
    ["answered with 500", { status: 500, json: { error: "oops" } }, "provider_unavailable"],
    ["answered with 429", { status: 429, text: "" }, "provider_unavailable"],
    ["over a broken connection", "reset", "provider_unavailable"],
    ["that is cut off", "cut", "provider_unavailable"],
  ] as const)("userinfo %s fails the login", async (_, answer, reason) => {
    answering(answer);
    expect(await thrownBy(ask())).toMatchObject({ name: "LoginError", reason });
    expect(op.asked).not.toContain("/elsewhere");
  });

  test("fetchUserinfo returns claims of any type, except those that are null", async () => {
    const claims = { sub: "alice", picture: 42, "https://x/roles": ["a", null] };
    answering({ json: { ...claims, name: null } });
    expect(await ask()).toEqual(claims);
  });
});
