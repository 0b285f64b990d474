import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  PARTS,
  WHOLE_APP, // part: registry
} from "./parts.ts";
import {
  partsIn,
  withoutParts,
  withoutTags, // part: registry
} from "./tags.ts";

const lines = (...text: string[]) => text.join("\n");

describe("a text without a part", () => {
  test.each([
    'import a from "a"; // part: demo',
    "<Demo /> {/* part: demo */}",
    "| a row | <!-- part: demo -->",
    "NAME=value # part: demo",
    ".demo {} /* part: demo */",
    "needed by two; // part: store, demo",
  ])("a line with the part's tag is removed: %s", (line) => {
    expect(withoutParts(lines("before", line, "after"), ["demo"], "f")).toBe(lines("before", "after"));
    expect(withoutParts(lines("before", line), ["other"], "f")).toBe(lines("before", line));
  });

  test("the blocks of the part are removed, with the tags of other parts in these blocks", () => {
    const text = lines("a", "// part: demo", "b", "c; // part: store", "// end part: demo", "d");
    expect(withoutParts(text, ["demo"], "f")).toBe(lines("a", "d"));
    expect(withoutParts(text, ["store"], "f")).toBe(
      lines("a", "// part: demo", "b", "// end part: demo", "d"),
    );
  });

  test("the remaining text has no two empty lines in a row", () => {
    expect(withoutParts(lines("a", "", "b // part: demo", "", "c"), ["demo"], "f")).toBe(lines("a", "", "c"));
  });

  test.each([
    lines("// part: demo", "a"),
    lines("a", "// end part: demo"),
    lines("// part: demo", "// part: store", "// end part: demo", "// end part: store"),
  ])("a text with a block that is not closed is refused: %j", (text) => {
    expect(() => withoutParts(text, ["demo"], "the-file")).toThrow("the-file");
  });

  test.each(
    Object.entries(PARTS).flatMap(([name, { words = {} }]) =>
      Object.entries(words).map((one) => [name, ...one]),
    ),
  )("without the part %s, a line of %s no longer contains the words %s", (name, file, words) => {
    const text = readFileSync(file, "utf8");
    expect(text.split(words)).toHaveLength(2);
    expect(withoutParts(text, [name], file)).not.toContain(words);
  });

  test("a sentence that only mentions a part is kept", () => {
    const text = "a part: of a sentence\nconst part = 1; // a part: demo is one";
    expect(withoutParts(text, ["demo"], "f")).toBe(text);
  });
});

// part: registry
test("a text without tags keeps all of its lines", () => {
  const text = lines(
    "a",
    "// part: demo",
    "b; // part: store, demo",
    "// end part: demo",
    "<C /> {/* part: store */}",
  );
  expect(withoutTags(text)).toBe(lines("a", "b;", "<C />"));
  expect(withoutTags(text, ["demo"])).toBe(lines("a", "b;", "<C /> {/* part: store */}"));
});
// end part: registry

const folders = "{.ci,.github,app,bench,components,dev,docs,e2e,lib,public,scripts}";
const files = globSync([`{*,${folders}/**}.{css,md,mjs,svg,ts,tsx,yaml,yml}`, ".ci/*", "Dockerfile"], {
  exclude: (name) => /node_modules|\.next|\.fixture-app|tags\.test\.ts$/.test(name),
}).concat(".env.example");

test("every tag in the project names a part, and every block is closed", () => {
  const names = Object.keys(PARTS);
  names.push(WHOLE_APP); // part: registry
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    expect(names, file).toEqual(expect.arrayContaining(partsIn(text)));
    expect(() => withoutParts(text, [], file)).not.toThrow();
  }
});

test("every file that a part lists exists", () => {
  for (const [name, { files: patterns }] of Object.entries(PARTS)) {
    for (const pattern of patterns) expect(globSync(pattern), `${name}: ${pattern}`).not.toEqual([]);
  }
});
