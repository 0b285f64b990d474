import fc from "fast-check";
import { describe, expect } from "vitest";
import { anyText, propertyTest } from "@/dev/testing/property-test.ts";
import { loginPath, parseReturnTo } from "./return-to.ts";

const BASES = [
  "https://app.example.com",
  "http://localhost:4040",
  "http://127.0.0.1:8080",
  "https://a.b.c:8443",
];

const LOGIN_ROUTE = /^\/+(auth|login|signup|callback|logout)(\/|$)/i;

/** Generates pieces of attacks on redirects, and of the paths that an attacker wants to reach. */
const piece = fc.constantFrom(
  ..."/ // \\ . .. : ; ? # @ & = % %2f %2F %5c %5C %2e %2E %25 %09 %0a %0d %00 %ff".split(" "),
  ..."auth login signup callback logout AUTH evil.com %61uth l%6fgin https: javascript: 。 ／ あ ﹨".split(
    " ",
  ),
  ...["\t", "\n", "\r", "\u0000", " ", "\u2028", "\u200b", "\ud800"],
);
const attack = fc.array(piece, { minLength: 1, maxLength: 9 }).map((pieces) => pieces.join(""));
const hostile = fc.oneof(
  attack,
  attack.map((rest) => `/${rest}`),
  anyText,
  fc.webUrl(),
  fc.string().map((rest) => `/${rest}`),
);

/** Decodes percent-encoding until none is left, because several careless servers may each decode a path once. */
function fullyDecoded(path: string): string {
  const once = path.replace(/%([0-9a-f]{2})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return once === path ? path : fullyDecoded(once);
}

const segment = fc
  .stringMatching(/^[a-z0-9._~!$&'()*+,;=:@-]{1,12}$/)
  .filter((name) => !/^\.{1,2}$/.test(name) && !LOGIN_ROUTE.test(`/${name}`));
const legitimate = fc
  .tuple(
    fc.array(segment, { maxLength: 4 }),
    fc.option(fc.webQueryParameters()),
    fc.option(fc.webFragments()),
  )
  .map(([path, query, fragment]) => {
    const search = query ? `?${query}` : "";
    return `/${path.join("/")}${search}${fragment ? `#${fragment}` : ""}`;
  });

describe("parseReturnTo with any value", () => {
  propertyTest("a returnTo that is accepted leads to the app's own origin, whatever that is", () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const path = parseReturnTo(value);
        if (path === null) return;
        for (const base of BASES) {
          const url = new URL(path, base);
          expect(url.origin).toBe(base);
          expect(url.href).toBe(base + path);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  propertyTest(
    "a returnTo that is accepted does not lead to a login route, however often it is decoded",
    () => {
      fc.assert(
        fc.property(hostile, (value) => {
          const path = parseReturnTo(value);
          if (path === null) return;
          const [pathname = ""] = path.split(/[?#]/);
          expect(pathname).not.toMatch(LOGIN_ROUTE);
          expect(fullyDecoded(pathname)).not.toMatch(LOGIN_ROUTE);
          expect(fullyDecoded(pathname)).not.toMatch(/^\/[/\\]/);
        }),
        { numRuns: 1_000 },
      );
    },
  );

  propertyTest("a returnTo that is accepted has only characters that a Location header may contain", () => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(parseReturnTo(value) ?? "/").toMatch(/^\/[\x21-\x7e]*$/);
      }),
      { numRuns: 500 },
    );
  });

  propertyTest("parseReturnTo returns its own result unchanged", () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const once = parseReturnTo(value);
        if (once !== null) expect(parseReturnTo(once)).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  propertyTest("parseReturnTo keeps the path, query and fragment of a page of the app", () => {
    fc.assert(
      fc.property(legitimate, (value) => {
        const { pathname, search, hash } = new URL(value, "https://app.example.com");
        expect(parseReturnTo(value)).toBe(pathname + search + hash);
      }),
      { numRuns: 300 },
    );
  });

  propertyTest("parseReturnTo returns the page that loginPath put into the login URL", () => {
    fc.assert(
      fc.property(legitimate, (value) => {
        const { pathname, search } = new URL(value, "https://app.example.com");
        const login = new URL(loginPath(pathname, search), "https://app.example.com");
        expect(login.pathname).toBe("/auth/login");
        expect(parseReturnTo(login.searchParams.get("returnTo"))).toBe(pathname + search);
      }),
      { numRuns: 300 },
    );
  });
});
