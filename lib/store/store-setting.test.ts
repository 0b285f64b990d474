import { describe, expect, test } from "vitest";
import { ENVIRONMENT } from "@/dev/testing/fresh-process.ts";
import { readSettings } from "../settings.ts";

const withStore = (url?: string) => readSettings({ ...ENVIRONMENT, SESSION_STORE_URL: url });

describe("SESSION_STORE_URL", () => {
  test("SESSION_STORE_URL is null by default, so that sessions are kept in cookies", () => {
    expect(withStore().sessionStoreUrl).toBeNull();
  });

  test("SESSION_STORE_URL is kept unchanged", () => {
    const url = "postgres://us%40er:p%2Fw@db.example.com/hello?sslmode=require";
    expect(withStore(url).sessionStoreUrl).toBe(url);
  });

  test("SESSION_STORE_URL with an unknown scheme is refused, and the message shows only the scheme", () => {
    const wrong = () => withStore("http://user:pa55word@cache.example.com");
    expect(wrong).toThrow(/SESSION_STORE_URL has the scheme http, which no store uses/);
    expect(wrong).not.toThrow(/pa55word/);
  });

  test.each([
    "redis://user:pa55word@",
    "redis://user:pa55@word@cache",
    "http://user:pa55word@cache",
    "user:pa55word@cache",
    "pa55word",
  ])("the message about the invalid SESSION_STORE_URL %s does not contain its password", (url) => {
    expect(() => withStore(url)).toThrow(/SESSION_STORE_URL /);
    expect(() => withStore(url)).not.toThrow(/pa55/);
  });
});
