import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { STORE_URL } from "@/dev/testing/memory-store.ts";
import { anyText, propertyTest } from "@/dev/testing/property-test.ts";

let check: typeof import("./redirect-uri.ts").checkRedirectUri;

const LISTED = "https://tool.example.com/callback";

beforeEach(async () => {
  freshProcess({
    SESSION_STORE_URL: STORE_URL,
    BROKER_AUDIENCE: "a",
    BROKER_REDIRECT_URIS: `${LISTED}, http://localhost:9000/x`,
  });
  check = (await import("./redirect-uri.ts")).checkRedirectUri;
});

const accepts = (value: string) => {
  try {
    return check(value, "redirect_uri") === value;
  } catch {
    return false;
  }
};

describe("a redirect_uri that checkRedirectUri accepts", () => {
  test.each([
    "http://localhost:53100/callback",
    "http://localhost:53105/",
    "http://localhost:53100",
    "http://127.0.0.1:53101/callback?run=7",
    "http://[::1]:53102/callback",
    "http://localhost:53100/a%20b/../c;d@e:f",
    LISTED,
    "http://localhost:9000/x",
    "https://app.example.com/auth/v2/callback",
    "https://app.example.com/api/auth/v2/callback",
  ])("a program may receive its code at %s", (value) => {
    expect(accepts(value)).toBe(true);
  });
});

describe("a redirect_uri that checkRedirectUri refuses", () => {
  test.each([
    ["a port that is not listed", "http://localhost:53106/callback"],
    ["a port that is not listed", "http://localhost:80/"],
    ["a URL without a port", "http://localhost/callback"],
    ["an empty port", "http://localhost:/callback"],
    ["a port with a leading zero", "http://localhost:053100/"],
    ["a port in full-width digits", "http://localhost:５３１００/"],
    ["a port that wraps around", "http://localhost:118636/"],
    ["https instead of http", "https://localhost:53100/callback"],
    ["another scheme", "javascript://localhost:53100/%0aalert(1)"],
    ["another scheme", "com.example.app://localhost:53100/"],
    ["a URL without a scheme", "//localhost:53100/"],
    ["a path without an origin", "/callback"],
    ["another host", "http://evil.example:53100/callback"],
    ["a host that begins with an allowed host", "http://localhost.evil.example:53100/"],
    ["a host that begins with an allowed host", "http://127.0.0.1.evil.example:53100/"],
    ["a host that ends with an allowed host", "http://evil.localhost:53100/"],
    ["a dot at the end of the host", "http://localhost.:53100/"],
    ["a user name", "http://localhost:53100@evil.example/"],
    ["a user name", "http://user@localhost:53100/"],
    ["a user name and password", "http://a:b@localhost:53100/"],
    ["an empty user name", "http://@localhost:53100/"],
    ["a short IPv4 address", "http://127.1:53100/"],
    ["another loopback address", "http://127.0.0.2:53100/"],
    ["a decimal address", "http://2130706433:53100/"],
    ["a hexadecimal address", "http://0x7f.0.0.1:53100/"],
    ["an octal address", "http://0177.0.0.1:53100/"],
    ["the address of all interfaces", "http://0.0.0.0:53100/"],
    ["a long IPv6 address", "http://[0:0:0:0:0:0:0:1]:53100/"],
    ["a mapped IPv6 address", "http://[::ffff:127.0.0.1]:53100/"],
    ["another IPv6 address", "http://[::]:53100/"],
    ["an IPv6 address without brackets", "http://::1:53100/"],
    ["an encoded host", "http://%6cocalhost:53100/"],
    ["an encoded host", "http://localhost%2eevil.example:53100/"],
    ["a host in full-width letters", "http://ｌocalhost:53100/"],
    ["a host in capitals", "http://LOCALHOST:53100/"],
    ["a scheme in capitals", "HTTP://localhost:53100/"],
    ["a backslash", "http://localhost:53100\\@evil.example/"],
    ["a backslash", "http:\\\\localhost:53100/"],
    ["a fragment", "http://localhost:53100/#x"],
    ["an empty fragment", "http://localhost:53100/#"],
    ["a space at the start", " http://localhost:53100/"],
    ["a space at the end", "http://localhost:53100/ "],
    ["a line break", "http://localhost:53100/\r\nx: y"],
    ["a line break at the end", "http://localhost:53100/\n"],
    ["a tab in the host, which URL parsers remove", "http://local\thost:53100/"],
    ["two URLs", "http://localhost:53100,http://evil.example/"],
    ["a URL that is longer than a thousand characters", `http://localhost:53100/${"x".repeat(1_000)}`],
    ["the listed URL with a slash", `${LISTED}/`],
    ["the listed URL with a query", `${LISTED}?x=1`],
    ["the listed URL in capitals", "https://tool.example.com/Callback"],
    ["a path below the listed URL", `${LISTED}/../evil`],
    ["the app's own callback with a query", "https://app.example.com/auth/v2/callback?x=1"],
    ["the app's login callback", "https://app.example.com/auth/callback"],
  ])("no code is sent to %s: %j", (_, value = "") => {
    expect(accepts(value)).toBe(false);
  });

  test("a missing or empty redirect_uri is refused, and the error says that it is missing", () => {
    expect(() => check(null, "redirect_uri")).toThrow("redirect_uri is missing");
    expect(() => check("", "redirect_uri")).toThrow("redirect_uri is missing");
  });
});

const PIECES = [
  "http://",
  "https:",
  "//",
  "localhost",
  "127.0.0.1",
  "[::1]",
  ":53100",
  ":53106",
  "@",
  "\\",
  "#",
  "?",
  "/",
];
const pieces = fc.oneof(
  fc.constantFrom(...PIECES, "evil.example", "%6c", ".", "\t", "\n", " ", ":", "a"),
  anyText,
);

propertyTest(
  "every redirect_uri that is accepted leads to a listed port of this computer, as Node.js parses the URL",
  () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        for (const value of [parts.join(""), `http://localhost:53100${parts.join("")}`]) {
          if (!accepts(value)) continue;
          const { protocol, hostname, port, username, password, hash } = new URL(value);
          expect([protocol, port, username, password, hash]).toEqual(["http:", "53100", "", "", ""]);
          expect(["localhost", "127.0.0.1", "[::1]"]).toContain(hostname);
        }
      }),
      { numRuns: 2_000 },
    );
  },
);
