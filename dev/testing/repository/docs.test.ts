import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { patternOf, testsNamedIn } from "../named-tests.ts";

const root = path.resolve(import.meta.dirname, "../../..");

describe.each(["conformance.md", "security.md"])("docs/%s", (page) => {
  const file = path.join(root, "docs", page);
  const named = testsNamedIn(file);

  test("names a test in every row that promises something", () => {
    const rows = readFileSync(file, "utf8").match(/^\| .*\]\(\.\.\/.*$/gm) ?? [];
    expect(rows.length).toBeGreaterThan(30);
    expect(named).toHaveLength(rows.length);
  });

  test.each(named)("names a test that exists: $title", ({ title, file: testFile }) => {
    expect(readFileSync(testFile, "utf8")).toMatch(patternOf(title));
  });
});

test("no module of a conformance plan is tested without standing in the tables", () => {
  const tables = readFileSync(path.join(root, "docs/conformance.md"), "utf8");
  const tested = globSync("lib/auth/tests/conformance-*.test.ts", { cwd: root }).flatMap((file) =>
    [...readFileSync(path.join(root, file), "utf8").matchAll(/"(oidcc-[\w-]+):/g)].map(
      ([, name = ""]) => name,
    ),
  );
  expect(tested.filter((name) => !tables.includes(`\`${name}\``))).toEqual([]);
});

test("every decision record is in the index under its title, and has a context, a decision and consequences", () => {
  const folder = path.join(root, "docs/decisions");
  const index = readFileSync(path.join(folder, "README.md"), "utf8");
  const records = globSync("0*.md", { cwd: folder });
  expect(records.length).toBeGreaterThan(11);
  for (const file of records) {
    const [heading = "", ...parts] = readFileSync(path.join(folder, file), "utf8").match(/^#+ .+$/gm) ?? [];
    const [, number = "", title] = /^# (\d+)\. (.+)$/.exec(heading) ?? [];
    expect(parts, file).toEqual(["## Context", "## Decision", "## Consequences"]);
    expect(file).toMatch(new RegExp(`^${number.padStart(4, "0")}-[a-z0-9-]+\\.md$`));
    expect(index).toContain(`[${title}](${file})`);
  }
});
