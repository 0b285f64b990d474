import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { propertyTest } from "@/dev/testing/property-test.ts";
import { jsonParts, toPrettyJson } from "./json-parts.ts";

propertyTest("the parts of a JSON text join to the same text, and every second part is a key", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = toPrettyJson(value);
      const parts = jsonParts(json);
      expect(parts.join("")).toBe(json);
      const keys = parts.filter((_, index) => index % 2);
      expect(keys.map((key) => JSON.parse(key))).toEqual(keysOf(JSON.parse(json)));
    }),
  );
});

/** All keys in a value, in their order in the JSON text. */
function keysOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(keysOf);
  return Object.entries(value).flatMap(([key, member]) => [key, ...keysOf(member)]);
}

test("each key becomes a part of its own, and a string that looks like a key does not", () => {
  expect(jsonParts(toPrettyJson({ a: "b: c", 'x":"y': ['"z":', {}] }))).toEqual([
    "{\n  ",
    '"a"',
    ': "b: c",\n  ',
    '"x\\":\\"y"',
    ': [\n    "\\"z\\":",\n    {}\n  ]\n}',
  ]);
});

test("deeply nested claims do not make the text long", () => {
  const deep = JSON.parse(`${"[".repeat(4_000)}${"]".repeat(4_000)}`);
  expect(toPrettyJson({ deep }).length).toBeLessThan(10_000);
});

test("deeply nested values are not indented, because the spaces would take hundreds of MB", () => {
  const depth = 2_000;
  const many = JSON.parse(`${"[".repeat(depth)}${Array(20_000).fill("1").join(",")}${"]".repeat(depth)}`);
  const stringify = vi.spyOn(JSON, "stringify");
  expect(toPrettyJson(many).length).toBeLessThan(50_000);
  for (const { value } of stringify.mock.results) expect(value.length).toBeLessThan(50_000);
});

test("brackets and commas inside strings are not treated as nesting", () => {
  const value = { text: '[{,"\\'.repeat(2_000) };
  expect(toPrettyJson(value)).toBe(JSON.stringify(value, null, 2));
});

test("thousands of values become one part, because a page with 100,000 elements would be slow", () => {
  const json = toPrettyJson({ numbers: Array(20_000).fill(1) });
  expect(jsonParts(json)).toEqual([json]);
  expect(jsonParts(toPrettyJson({ text: "a".repeat(150_000) }))).toHaveLength(3);
});

test("a value that JSON cannot represent is replaced by a sentence", () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  expect(toPrettyJson(circle)).toContain("cannot be shown");
  expect(toPrettyJson(1n)).toContain("cannot be shown");
  expect(toPrettyJson(undefined)).toBe("null");
});
