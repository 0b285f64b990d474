import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { propertyTest } from "@/dev/testing/property-test.ts";
import { unsignedJwt } from "@/dev/testing/tokens.ts";
import { quote, quoteCause } from "./log.ts";

describe("quoting another party's words for the log", () => {
  test("plain words stay as they are", () => {
    expect(quote("the code has expired")).toBe("the code has expired");
  });

  test("a JWT is cut out, signed or not, wherever it stands", () => {
    const jwt = unsignedJwt({ sub: "alice" });
    expect(quote(`token ${jwt} is bad`)).toBe("token [token] is bad");
    expect(quote(`?id_token=${jwt}&x=1`)).toBe("?id_token=[token]&x=1");
    expect(quote(jwt.split(".").slice(0, 2).join("."))).toBe("[token]");
  });

  test("so is an encrypted one of five parts", () => {
    expect(quote("eyJhbGciOiJSU0EifQ.a-b.c_d.e.f")).toBe("[token]");
  });

  propertyTest("no part of any JWT's claims or signature survives", () => {
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

  test("line breaks and other control characters forge no line", () => {
    expect(quote('a\r\n{"level":"info"}\u0000\u001b[31m\u0085b')).toBe('a {"level":"info"} [31m b');
  });

  test("300 characters at most, and one more that says so", () => {
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
  ])("%j, which is not a text, is quoted as %j", (value, text) => {
    expect(quote(value)).toBe(text);
  });

  test("an object that cannot be made a text does no harm", () => {
    expect(() => quote(JSON.parse('{"toString": 1, "valueOf": 1}'))).not.toThrow();
    expect(() => quote(Object.create(null))).not.toThrow();
  });

  test("words chosen to keep the server busy are quoted at once", () => {
    const begun = performance.now();
    quote("eyJ".repeat(14_000));
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe("what is behind a failed fetch", () => {
  const failed = (cause: unknown) => new TypeError("fetch failed", { cause });

  test("is its cause's code and words", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED ::1:6060"), { code: "ECONNREFUSED" });
    expect(quoteCause(failed(refused))).toEqual({
      code: "ECONNREFUSED",
      cause: "connect ECONNREFUSED ::1:6060",
    });
  });

  test("is only the code where several addresses were tried without success", () => {
    const all = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });
    expect(quoteCause(failed(all))).toEqual({ code: "ECONNREFUSED" });
  });

  test.each([undefined, null, "text", new Error("alone"), failed("text")])("is nothing for %s", (error) => {
    expect(quoteCause(error)).toEqual({});
  });
});
