import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { patternOf, testsNamedIn } from "../named-tests.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const readme = readFileSync(path.join(root, "README.md"), "utf8");

/** The last column of the security checklist. */
const promises = testsNamedIn(path.join(root, "README.md"));

test("the security checklist is there", () => {
  expect(promises.length).toBeGreaterThan(30);
});

test.each(promises)("the README names a test that exists: $title", ({ title, file }) => {
  expect(readFileSync(file, "utf8")).toMatch(patternOf(title));
});

test.each([
  ["This needs Node.js 22.18 or newer", "dev/check-node.mjs"],
  ["cannot start:", "lib/settings.ts"],
  ["already runs from this folder", "dev/start/already-running.ts"],
])("troubleshooting quotes the message as it is printed: %s", (message, file) => {
  expect(readme).toMatch(new RegExp(`^\\| \`.*${message}`, "m"));
  expect(readFileSync(path.join(root, file), "utf8")).toContain(message);
});

test("every tag in a test's title is explained in CONTRIBUTING.md, and every tag there is some test's", () => {
  const contributing = readFileSync(path.join(root, "CONTRIBUTING.md"), "utf8");
  const explained = [...contributing.matchAll(/^\| ([A-Z]\d+(?:, [A-Z]\d+)*) \|/gm)].flatMap(tagsIn);
  const titles = globSync("{app,components,dev,e2e,lib,scripts}/**/*.{test,spec}.{ts,tsx}", {
    cwd: root,
  }).flatMap((file) => [
    ...readFileSync(path.join(root, file), "utf8").matchAll(/\[([A-Z]\d+(?:, [A-Z]\d+)*)\]/g),
  ]);
  expect([...new Set(titles.flatMap(tagsIn))].sort()).toEqual([...new Set(explained)].sort());
});

function tagsIn([, list = ""]: RegExpMatchArray): string[] {
  return list.split(", ");
}
