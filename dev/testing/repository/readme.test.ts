import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { PARTS } from "@/scripts/parts.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");
const readme = read("README.md");
const sources = globSync("{app,components,dev,e2e,lib,scripts}/**/*.{ts,tsx,mjs}", { cwd: ROOT });
const isTest = (file: string) => /\.(test|spec)\.tsx?$/.test(file);

test("the README is short: at most 180 lines", () => {
  expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(180);
});

test("the README begins with the commands that start and test the app, each in its own block", () => {
  const [first, second] = [...readme.matchAll(/^```sh\n([^`]*)\n```$/gm)].map(([, commands]) => commands);
  expect([first, second]).toEqual(["npm install && npm run dev", "npm install && npm test"]);
});

test("the README names no part, because it would still name the part after an ejection", () => {
  expect(Object.keys(PARTS).filter((part) => readme.includes(`\`${part}\``))).toEqual([]);
});

test("docs/eject.md describes every part", () => {
  const described = [...read("docs/eject.md").matchAll(/^\| `([a-z-]+)` \| .+ <!-- part: ([a-z-]+) -->$/gm)];
  expect(described.map(([, name]) => name).sort()).toEqual(Object.keys(PARTS).sort());
  for (const [, name, tag] of described) expect(tag).toBe(name);
});

test("docs/commands.md names every script of package.json", () => {
  const commands = read("docs/commands.md");
  const names = Object.keys(JSON.parse(read("package.json")).scripts);
  const isNamed = (name: string) =>
    [`npm run ${name}`, `npm ${name}`].some((text) => commands.includes(text));
  expect(names.filter((name) => !isNamed(name))).toEqual([]);
});

test("AGENTS.md has at most 45 lines", () => {
  expect(read("AGENTS.md").trimEnd().split("\n").length).toBeLessThanOrEqual(45);
});

test.each([
  "This needs Node.js 22.18 or newer",
  "cannot start:",
  "already runs from this folder",
  "is in use",
])("docs/troubleshooting.md quotes a message that the code prints: %s", (message) => {
  expect(read("docs/troubleshooting.md")).toMatch(new RegExp(`^\\| \`.*${message}`, "m"));
  const printing = sources.filter((file) => !isTest(file) && read(file).includes(message));
  expect(printing).not.toEqual([]);
});

test("CONTRIBUTING.md explains every tag in the titles of tests, and no other tag", () => {
  const explained = [...read("CONTRIBUTING.md").matchAll(/^\| ([A-Z]\d+(?:, [A-Z]\d+)*) \|/gm)];
  const used = sources
    .filter(isTest)
    .flatMap((file) => [...read(file).matchAll(/\[([A-Z]\d+(?:, [A-Z]\d+)*)\]/g)]);
  const tagsIn = (matches: RegExpMatchArray[]) =>
    [...new Set(matches.flatMap(([, list = ""]) => list.split(", ")))].sort();
  expect(tagsIn(used)).toEqual(tagsIn(explained));
});
