import fc from "fast-check";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { AppInProcess } from "@/dev/testing/app-in-process.ts";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { openSession } from "@/dev/testing/kept-sessions.ts";
import { anyText, propertyTest } from "@/dev/testing/property-test.ts";
import { SITE } from "../../site.ts";

vi.mock("next/headers", () => ({}));

const PREFIX = `__Host-${SITE.id}.login.`;

const op = await startScriptedProvider();
let app: AppInProcess;

beforeEach(async () => {
  app = await AppInProcess.start(op);
});

/** Begins a login. @returns the parameters of the request to the provider */
async function begin(jar = app.jar, query = ""): Promise<Record<string, string>> {
  return Object.fromEntries((await app.begin(query, jar)).searchParams);
}

describe("login CSRF", () => {
  test("an answer to a login that the attacker began does not log the victim in", async () => {
    const attacker = new FakeCookieJar();
    const { state = "", nonce } = await begin(attacker);
    op.claims = { nonce, sub: "mallory" };
    expect(await app.finish({ code: "c", state })).toBe("/auth/error?reason=login_expired");
    await begin(); // the victim may also have begun a login
    expect(await app.finish({ code: "c", state })).toBe("/auth/error?reason=state_mismatch");
    expect(op.asked).not.toContain("/token");
    expect(await openSession(app.jar)).toBeNull();
  });

  test("a login cookie that was copied to the name of another login is refused", async () => {
    const attacker = new FakeCookieJar();
    const { state: foreign = "" } = await begin(attacker);
    const { state = "" } = await begin();
    app.jar.cookies.set(PREFIX + state, attacker.read(PREFIX + foreign) ?? "");
    expect(await app.finish({ code: "c", state })).toBe("/auth/error?reason=login_expired");
    expect(op.asked).not.toContain("/token");
  });
});

describe("codes that were swapped or used", () => {
  test("a code of one tab with the state of another tab is refused by its nonce and its PKCE verifier", async () => {
    const first = await begin();
    const second = await begin();
    op.claims = { nonce: first.nonce }; // the code belongs to the first login
    expect(await app.finish({ code: "of-the-first", state: second.state ?? "" })).toBe(
      "/auth/error?reason=invalid_response",
    );
    const { createHash } = await import("node:crypto");
    const verifier = new URLSearchParams(op.requestTo("/token")?.body).get("code_verifier") ?? "";
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    expect([challenge === first.code_challenge, challenge === second.code_challenge]).toEqual([false, true]);
  });

  test("an answer that is replayed is refused, even if the first one failed", async () => {
    const { state = "", nonce } = await begin();
    op.answers["/token"] = () => ({ status: 503 });
    expect(await app.finish({ code: "c", state })).toBe("/auth/error?reason=provider_unavailable");
    expect(app.jar.names()).not.toContain(PREFIX + state);
    op.reset();
    op.claims = { nonce };
    expect(await app.finish({ code: "c", state })).toBe("/auth/error?reason=login_expired");
    expect(op.asked).not.toContain("/token");
  });
});

describe("a mix-up attack", () => {
  test.each(["https://evil.example", "ISSUER/", "ISSUER#"])(
    "an answer with the iss %j is refused, and its code is not sent",
    async (told) => {
      const { state = "" } = await begin();
      const iss = told.replace("ISSUER", op.issuer);
      expect(await app.finish({ code: "c", state, iss })).toBe("/auth/error?reason=invalid_response");
      expect(op.asked).not.toContain("/token");
    },
  );
});

test("an answer with an empty or missing iss is refused if the provider announces iss", async () => {
  op.metadata = { authorization_response_iss_parameter_supported: true };
  for (const rest of [{}, { iss: "" }]) {
    const { state = "" } = await begin();
    expect(await app.finish({ code: "c", state, ...rest })).toBe("/auth/error?reason=invalid_response");
  }
  expect(op.asked).not.toContain("/token");
});

describe("session fixation", () => {
  test("a login replaces the session that an attacker planted in the browser", async () => {
    await app.logIn();
    const planted = app.jar.copy();
    op.claims = { sub: "victim" };
    op.answers["/userinfo"] = () => ({ json: { sub: "victim" } });
    await app.logIn();
    const own = await openSession(app.jar);
    expect(own?.idTokenClaims.sub).toBe("victim");
    expect((await openSession(planted))?.idTokenClaims.sub).not.toBe("victim");
    expect((await openSession(planted))?.id).not.toBe(own?.id);
  });
});

describe("a login cookie", () => {
  propertyTest("a changed or invented login cookie logs nobody in, and no error is thrown", async () => {
    const { state = "", nonce } = await begin();
    op.claims = { nonce };
    const sealed = app.jar.read(PREFIX + state) ?? "";
    const changed = fc.oneof(
      fc.tuple(fc.nat(sealed.length - 1), fc.constantFrom(..."Aa0_-*")).map(([at, put]) => {
        return sealed.slice(0, at) + put + sealed.slice(at + 1);
      }),
      fc.nat(sealed.length - 1).map((length) => sealed.slice(0, length)),
      fc.string({ minLength: 1, maxLength: 60 }).map((more) => sealed + more),
      fc.string({ maxLength: 200 }),
    );
    await fc.assert(
      fc.asyncProperty(
        changed.filter((value) => value !== sealed),
        async (value) => {
          const jar = new FakeCookieJar([[PREFIX + state, value]]);
          expect(await app.finish({ code: "c", state }, jar)).toMatch(
            /reason=(login_expired|state_mismatch)$/,
          );
          expect(await openSession(jar)).toBeNull();
        },
      ),
      { numRuns: 100 },
    );
    expect(op.asked).not.toContain("/token");
  });
});

describe("header injection", () => {
  const NEWLINES = [
    "%0d%0aSet-Cookie:%20a=b",
    "%0aSet-Cookie:%20a=b",
    "%E5%98%8A%E5%98%8Dx",
    "%00",
    "%C4%8D%C4%8A",
  ];

  test.each(NEWLINES)("the parameters of a link to the login cannot inject a header: %s", async (text) => {
    const url = await app.begin(`?login_hint=${text}&acr_values=${text}&returnTo=/public%3F${text}`);
    expect(url.href).toMatch(/^[\x21-\x7e]+$/);
    expect(url.origin).toBe(op.issuer);
    for (const { value } of app.jar.written) expect(value).toMatch(/^[\x21-\x7e]*$/);
  });

  test("the provider's error cannot inject a header", async () => {
    const { state = "" } = await begin();
    const error = "x\r\nSet-Cookie: a=b";
    const location = await app.finish({ error, error_description: error, error_uri: error, state });
    expect(location).toBe("/auth/error?reason=provider_error");
    expect(JSON.stringify(app.warnings)).not.toMatch(/\\r|\\n/);
  });
});

propertyTest(
  "callback parameters of any size and content lead to an error page, not to an exception",
  async () => {
    const { LOGIN_ERROR_REASONS } = await import("../provider/index.ts");
    const pages = LOGIN_ERROR_REASONS.map((reason) => `/auth/error?reason=${reason}`);
    const text = fc.oneof(anyText, fc.constant("x".repeat(20_000)));
    const names = fc.constantFrom("code", "iss", "error", "error_description", "id_token", "__proto__");
    const answers = fc.uniqueArray(fc.tuple(names, text), { selector: ([name]) => name });
    await fc.assert(
      fc.asyncProperty(answers, fc.option(text), async (pairs, foreignState) => {
        const jar = new FakeCookieJar();
        const { state = "" } = await begin(jar);
        const query = Object.fromEntries(pairs.map(([name, value]) => [name, value.toWellFormed()]));
        const answer = { ...query, state: foreignState?.toWellFormed() ?? state };
        expect(pages).toContain(await app.finish(answer, jar));
        expect(await openSession(jar)).toBeNull();
      }),
      { numRuns: 60 },
    );
  },
);
