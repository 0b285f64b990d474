import { describe, expect, test } from "vitest";
import { ENVIRONMENT } from "@/dev/testing/fresh-process.ts";
import { readSettings } from "../settings.ts";

const withStore = (url?: string) => readSettings({ ...ENVIRONMENT, SESSION_STORE_URL: url });

describe("SESSION_STORE_URL", () => {
  test("is null by default: sessions are kept in cookies", () => {
    expect(withStore().sessionStoreUrl).toBeNull();
  });

  test("stays as it is written", () => {
    const url = "postgres://us%40er:p%2Fw@db.example.com/hello?sslmode=require";
    expect(withStore(url).sessionStoreUrl).toBe(url);
  });

  test("is rejected if it is not a store's URL, and only its scheme is named", () => {
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
  ])("is not repeated if it is wrong: %s", (url) => {
    expect(() => withStore(url)).toThrow(/SESSION_STORE_URL /);
    expect(() => withStore(url)).not.toThrow(/pa55/);
  });
});
