import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { propertyTest } from "@/dev/testing/property-test.ts";
import { parseStoreUrl } from "./store-url.ts";

function addressOf(url: string) {
  const address = parseStoreUrl(url);
  if ("problem" in address) return expect.fail(address.problem);
  return address;
}

const problemOf = (url: string) => {
  const address = parseStoreUrl(url);
  return "problem" in address ? address.problem : "";
};

describe("parseStoreUrl", () => {
  test.each([
    ["sqlite:data/sessions.db", "sqlite", "sqlite at data/sessions.db", "data/sessions.db"],
    ["sqlite:/var/lib/x.db", "sqlite", "sqlite at /var/lib/x.db", "/var/lib/x.db"],
    ["sqlite:///var/lib/x.db", "sqlite", "sqlite at ///var/lib/x.db", "///var/lib/x.db"],
    ["sqlite::memory:", "sqlite", "sqlite at :memory:", ":memory:"],
  ])("parseStoreUrl reads %s as a URL of SQLite", (url, kind, place, target) => {
    expect(addressOf(url)).toEqual({ kind, place, target, secrets: [] });
  });

  test.each([
    ["redis://cache", "redis", "redis at cache:6379"],
    ["redis://cache:6380/2", "redis", "redis at cache:6380"],
    ["rediss://:p@cache.example.com", "redis", "redis at cache.example.com:6379"],
    ["postgres://u:p@db/hello?sslmode=require", "postgres", "postgres at db:5432"],
    ["postgresql://u@[::1]:6000/hello", "postgres", "postgres at [::1]:6000"],
    ["postgres:///hello?host=/var/run/postgresql", "postgres", "postgres at /var/run/postgresql"],
    ["mysql://u:p@db/hello", "mysql", "mysql at db:3306"],
    ["mariadb://u:p@db/hello", "mysql", "mysql at db:3306"],
    ["mongodb://u:p@a:1,b,c:3/hello?replicaSet=r", "mongodb", "mongodb at a:1,b:27017,c:3"],
    ["mongodb+srv://u:p@cluster.example.net/hello", "mongodb", "mongodb at cluster.example.net"],
    ["REDIS://cache", "redis", "redis at cache:6379"],
  ])("parseStoreUrl reads %s as a URL of %s", (url, kind, place) => {
    expect(addressOf(url)).toMatchObject({ kind, place });
  });

  test("parseStoreUrl keeps the URL unchanged for the driver", () => {
    const url = "postgres://us%40er:p%2Fw@db/hello?sslmode=require";
    expect(addressOf(url).target).toBe(url);
  });

  test("parseStoreUrl returns the secrets of a URL, encoded and decoded", () => {
    const { secrets } = addressOf("redis://us%40er:p%2Fw@cache?token=a%20b");
    expect(secrets).toEqual(expect.arrayContaining(["us%40er", "us@er", "p%2Fw", "p/w", "a%20b", "a b"]));
  });

  test.each([
    ["hello", "is not the URL of a store"],
    ["/data/sessions.db", "is not the URL of a store"],
    ["redis:cache", "is not the URL of a store"],
    ["http://cache", "has the scheme http"],
    ["memcached://cache", "has the scheme memcached"],
    ["sqlite:", "contains no file name"],
    ["sqlite:  ", "contains no file name"],
    ["sqlite:data/", "contains no file name"],
    ["sqlite://data/sessions.db", "has two slashes"],
    ["redis://", "contains no host"],
    ["redis://:pa55word@", "contains no host"],
    ["postgres:///hello", "contains no host"],
    ["redis://ca che", "contains no valid host"],
    ["redis://cache:port", "contains no valid host"],
    ["redis://a,b", "contains several hosts"],
    ["mysql://u:pa55word@db", "contains no database name"],
    ["mysql://u:pa55word@db/", "contains no database name"],
    ["redis://u:pa55@word@cache", "percent-encoded"],
    ["redis://u:pa55/word@cache", "percent-encoded"],
    ["redis://u:12/pa55@cache", "percent-encoded"],
    ["redis://u:pa55?word@cache", "percent-encoded"],
    ["redis://u:pa55#word@cache", "percent-encoded"],
    ["redis://u:pa55%word@cache", "percent-encoded"],
    ["redis://u:pa55%ffword@cache", "percent-encoded"],
    ["redis://cache/0#pa55word", "percent-encoded"],
  ])("parseStoreUrl refuses %s", (url, sentence) => {
    expect(problemOf(url)).toContain(sentence);
    expect(problemOf(url)).not.toContain("pa55");
  });

  propertyTest(
    "neither the place for the log nor the problem contains a user name, password or parameter",
    () => {
      const secret = fc.stringMatching(/^§[A-Za-z0-9!$%&*+=~^/?#@:]{6,40}$/);
      const form = fc.constantFrom(
        "redis://X@cache",
        "postgres://u:X@db/a",
        "mysql://X",
        "X",
        "redis://h/?a=X",
      );
      fc.assert(
        fc.property(form, secret, (url, text) => {
          const address = parseStoreUrl(url.replace("X", () => text));
          expect("problem" in address ? address.problem : address.place).not.toContain("§");
        }),
        { numRuns: 500 },
      );
    },
  );
});
