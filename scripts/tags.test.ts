import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import {
  filesOf,
  PARTS,
  WHOLE_APP, // part: registry
  withDependents,
} from "./parts.ts";
import {
  partsIn,
  textFiles,
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

const files = textFiles().filter((file) => file !== "scripts/tags.test.ts");
const texts = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));

test("every tag in the project names a part, and every block is closed", () => {
  const names = Object.keys(PARTS);
  names.push(WHOLE_APP); // part: registry
  for (const [file, text] of texts) {
    expect(names, file).toEqual(expect.arrayContaining(partsIn(text)));
    expect(() => withoutParts(text, [], file)).not.toThrow();
  }
});

test("every file that a part lists exists", () => {
  for (const [name, { files: patterns }] of Object.entries(PARTS)) {
    for (const pattern of patterns) expect(globSync(pattern), `${name}: ${pattern}`).not.toEqual([]);
  }
});

/** Files that may name removed parts: tests, records of the past, generated files, and files that combine parts. */
const MAY_NAME = new RegExp(
  [
    "\\.(json|test\\.tsx?|spec\\.ts)$",
    "^docs/(decisions|tutorial)/",
    "^dev/testing/run/starters.ts$",
    "^dev/doctor/report/foreign-text.ts$", // hides the secrets of all parts
    "^scripts/check-settings.ts$", // rejects settings of a removed part
  ].join("|"),
);

describe.each(Object.keys(PARTS))("without the part %s", (name) => {
  const parts = withDependents([name]);
  const removed = new Set(filesOf(parts));
  const remaining = [...texts].filter(([file]) => !removed.has(file) && !MAY_NAME.test(file));

  test("no remaining file names its files, scripts, settings or words", () => {
    const paths = [...removed].filter((file) => /[./]/.test(file) && !removed.has(path.posix.dirname(file)));
    const traces = parts.flatMap((part) => [
      ...(PARTS[part]?.scripts ?? []).map((script) => `npm run ${script}`),
      ...(PARTS[part]?.traces ?? []),
    ]);
    const settings = texts.get("lib/settings.ts") ?? "";
    const kept = settingsIn(withoutParts(settings, parts, "lib/settings.ts"));
    traces.push(...settingsIn(settings).filter((setting) => !kept.includes(setting)));
    const trace = new RegExp(`(?:${[...paths, ...traces].map(escaped).join("|")})(?![\\w-])`);
    const found = remaining
      .filter(([, text]) => trace.test(text))
      .flatMap(([file, text]) =>
        withoutParts(text, parts, file)
          .split("\n")
          .filter((line) => trace.test(line))
          .map((line) => `${file}: ${line.trim()}`),
      );
    expect(found).toEqual([]);
  });
});

function settingsIn(text: string): string[] {
  return [...text.matchAll(/\bsetting\("(\w+)"/g)].map(([, setting = ""]) => setting);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
