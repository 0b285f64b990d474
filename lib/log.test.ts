import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { propertyTest } from "@/dev/testing/property-test.ts";
import { unsignedJwt } from "@/dev/testing/tokens.ts";
import { quote, quoteCause } from "./log.ts";

describe("quote, for another party's text in the log", () => {
  test("quote returns plain text unchanged", () => {
    expect(quote("the code has expired")).toBe("the code has expired");
  });

  test("quote removes a JWT, signed or not, at any position", () => {
    const jwt = unsignedJwt({ sub: "alice" });
    expect(quote(`token ${jwt} is bad`)).toBe("token [token] is bad");
    expect(quote(`?id_token=${jwt}&x=1`)).toBe("?id_token=[token]&x=1");
    expect(quote(jwt.split(".").slice(0, 2).join("."))).toBe("[token]");
  });

  test("quote removes an encrypted JWT of five parts", () => {
    expect(quote("eyJhbGciOiJSU0EifQ.a-b.c_d.e.f")).toBe("[token]");
  });

  propertyTest("quote returns no part of a JWT's claims or signature", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (before, sub, after) => {
        const [, claims = "", signature = ""] = unsignedJwt({ sub }).split(".");
        const quoted = quote(`${before} ${unsignedJwt({ sub })} ${after}`);
        expect(quoted).not.toContain(claims);
        expect(quoted).not.toContain(signature);
      }),
      { numRuns: 200 },
    );
  });

  test("quote replaces line breaks and other control characters, so they cannot forge a log line", () => {
    expect(quote('a\r\n{"level":"info"}\u0000\u001b[31m\u0085b')).toBe('a {"level":"info"} [31m b');
  });

  test("quote shortens a text to 300 characters and an ellipsis", () => {
    expect(quote("x".repeat(300))).toBe("x".repeat(300));
    expect(quote("x".repeat(301))).toBe(`${"x".repeat(300)}…`);
  });

  test.each([
    [undefined, "undefined"],
    [null, "null"],
    [429, "429"],
    [["a", "b"], "a,b"],
    [{ a: 1 }, "[object Object]"],
    [new TypeError("fetch failed"), "TypeError: fetch failed"],
  ])("quote returns %j, which is not text, as %j", (value, text) => {
    expect(quote(value)).toBe(text);
  });

  test("quote does not throw for an object that cannot become text", () => {
    expect(() => quote(JSON.parse('{"toString": 1, "valueOf": 1}'))).not.toThrow();
    expect(() => quote(Object.create(null))).not.toThrow();
  });

  test("quote is fast even for text that is chosen to make it slow", () => {
    const begun = performance.now();
    quote("eyJ".repeat(14_000));
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe("quoteCause, for a failed fetch", () => {
  const failed = (cause: unknown) => new TypeError("fetch failed", { cause });

  test("quoteCause returns the code and the message of the cause", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED ::1:6060"), { code: "ECONNREFUSED" });
    expect(quoteCause(failed(refused))).toEqual({
      code: "ECONNREFUSED",
      cause: "connect ECONNREFUSED ::1:6060",
    });
  });

  test("quoteCause returns only the code if several addresses failed", () => {
    const all = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });
    expect(quoteCause(failed(all))).toEqual({ code: "ECONNREFUSED" });
  });

  test.each([undefined, null, "text", new Error("alone"), failed("text")])(
    "quoteCause returns an empty object for %s",
    (error) => {
      expect(quoteCause(error)).toEqual({});
    },
  );
});
