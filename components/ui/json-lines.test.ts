import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { propertyTest } from "@/dev/testing/property-test.ts";
import { jsonLines, toPrettyJson } from "./json-lines.ts";

propertyTest("the lines of any JSON are its text, in order", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = toPrettyJson(value);
      const lines = jsonLines(json).map(({ depth, key, rest }) => " ".repeat(2 * depth) + key + rest);
      expect(lines.join("\n")).toBe(json);
    }),
  );
});

test("a line has its depth, its key apart, and the kind of its value", () => {
  const lines = jsonLines(toPrettyJson({ a: "b: c", n: -1.5, t: true, 'x":"y': ["z", {}] }));
  expect(lines.map(({ depth, key, rest, kind }) => `${depth} ${key} ${rest} ${kind}`)).toEqual([
    "0  { punctuation",
    '1 "a" : "b: c", string',
    '1 "n" : -1.5, literal',
    '1 "t" : true, literal',
    '1 "x\\":\\"y" : [ punctuation',
    '2  "z", string',
    "2  {} punctuation",
    "1  ] punctuation",
    "0  } punctuation",
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

test("brackets and commas inside of strings do not nest", () => {
  const value = { text: '[{,"\\'.repeat(2_000) };
  expect(toPrettyJson(value)).toBe(JSON.stringify(value, null, 2));
});

test("very many values are one piece of text: a page of 100,000 elements takes its time", () => {
  const json = toPrettyJson({ numbers: Array(20_000).fill(1) });
  expect(jsonLines(json)).toEqual([{ depth: 0, key: "", rest: json, kind: "punctuation" }]);
  expect(jsonLines(toPrettyJson({ text: "a".repeat(150_000) }))).toHaveLength(3);
});

test("what JSON has no words for becomes a sentence", () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  expect(toPrettyJson(circle)).toContain("cannot be shown");
  expect(toPrettyJson(1n)).toContain("cannot be shown");
  expect(toPrettyJson(undefined)).toBe("null");
});
