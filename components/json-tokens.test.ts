import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { propertyTest } from "@/dev/testing/property-test.ts";
import { tokenizeJson, toPrettyJson } from "./json-tokens.ts";

propertyTest("the tokens of any JSON are its text, in order", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = toPrettyJson(value);
      expect(
        tokenizeJson(json)
          .map(({ text }) => text)
          .join(""),
      ).toBe(json);
    }),
  );
});

test("keys, strings and literals are told apart", () => {
  const kinds = tokenizeJson(toPrettyJson({ a: "b: c", n: -1.5, t: true })).filter(
    ({ kind }) => kind !== "punctuation",
  );
  expect(kinds.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    'key "a"',
    'string "b: c"',
    'key "n"',
    "literal -1.5",
    'key "t"',
    "literal true",
  ]);
});

test("deeply nested claims do not blow the page up", () => {
  const deep = JSON.parse(`${"[".repeat(4_000)}${"]".repeat(4_000)}`);
  expect(toPrettyJson({ deep }).length).toBeLessThan(10_000);
});

test("the pretty form of values that are nested deep is not even made: it would be hundreds of MB of spaces", () => {
  const depth = 2_000;
  const many = JSON.parse(`${"[".repeat(depth)}${Array(20_000).fill("1").join(",")}${"]".repeat(depth)}`);
  const stringify = vi.spyOn(JSON, "stringify");
  expect(toPrettyJson(many).length).toBeLessThan(50_000);
  for (const { value } of stringify.mock.results) expect(value.length).toBeLessThan(50_000);
});

test("brackets and commas inside of strings are no nesting", () => {
  const value = { text: '[{,"\\'.repeat(2_000) };
  expect(toPrettyJson(value)).toBe(JSON.stringify(value, null, 2));
});

test("very many values have no colours: a page of 100,000 elements takes its time", () => {
  const json = toPrettyJson({ numbers: Array(49_000).fill(1) });
  expect(json.length).toBeLessThan(100_000);
  expect(tokenizeJson(json)).toEqual([{ kind: "plain", text: json }]);
  expect(tokenizeJson(toPrettyJson({ text: "a".repeat(150_000) })).length).toBeGreaterThan(1);
});

test("what JSON has no words for becomes a sentence", () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  expect(toPrettyJson(circle)).toContain("cannot be shown");
  expect(toPrettyJson(1n)).toContain("cannot be shown");
  expect(toPrettyJson(undefined)).toBe("null");
});
