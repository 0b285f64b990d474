import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { SETTING_NAMES } from "@/lib/settings.ts";
import { PARTS } from "@/scripts/parts.ts";
import { withoutParts } from "@/scripts/tags.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");

/** A test that a page of documentation names. */
interface NamedTest {
  /** `…` stands for words that are left out. */
  readonly title: string;
  /** Path of its file. */
  readonly file: string;
}

/** The last cell of a row: `*title*<br>[file](link)`. A comment after it may name the row's part. */
const TEST_CELL = /\| \*(.+)\*<br>\[.+\]\((.+)\) \|( <!-- .+ -->)?$/gm;

/** After the name of a module in an example. */
const SUFFIXES = [".ts", ".tsx", ""];

const exists = (file: string) => existsSync(path.join(ROOT, file));
const PAGES = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT }).map((file) => file.replaceAll("\\", "/"));

describe.each(["conformance.md", "security.md"])("docs/%s", (page) => {
  const named = testsNamedIn(path.join(ROOT, "docs", page));

  test("names a test in every row that promises something", () => {
    const rows = read(`docs/${page}`).match(/^\| .*\]\(\.\.\/.*$/gm) ?? [];
    expect(rows.length).toBeGreaterThan(30);
    expect(named).toHaveLength(rows.length);
  });

  test.each(named)("names a test that exists: $title", ({ title, file }) => {
    expect(readFileSync(file, "utf8")).toMatch(patternOf(title));
  });
});

describe.each(PAGES)("%s", (page) => {
  test("links to files and headings that exist", () => {
    expect(brokenLinks(page, (file) => (exists(file) ? textOf(file) : null))).toEqual([]);
  });

  test("has examples that import what there is", () => {
    const code = [...read(page).matchAll(/^```tsx?\n(.*?)^```$/gms)].map(([, text = ""]) => text).join("");
    const imports = [...code.matchAll(/^import \{ (.+) \} from "@\/(.+)";$/gm)];
    const missing = imports.flatMap(([, names = "", module = ""]) => {
      const exported =
        SUFFIXES.map((suffix) => module + suffix)
          .filter(exists)
          .map(read)[0] ?? "";
      return names
        .split(", ")
        .filter((name) => !new RegExp(`^export .*\\b${name}\\b`, "m").test(exported))
        .map((name) => `${name} from ${module}`);
    });
    expect(missing).toEqual([]);
  });
});

/** Decisions also name files of the past and of other frameworks. */
const PAGES_ABOUT_NOW = PAGES.filter((page) => !page.startsWith("docs/decisions/"));

test.each(PAGES_ABOUT_NOW)("%s names files that exist", (page) => {
  const named = [...read(page).matchAll(/`((?:[\w.()-]+\/)+[\w.-]+\.\w+)`/g)].map(([, file = ""]) => file);
  expect(named.filter((file) => !exists(file))).toEqual([]);
});

/** Files of each part, and of those that need it, which go with it. */
const FILES_OF = Object.keys(PARTS).map((part) => {
  const parts = [part, ...Object.keys(PARTS).filter((name) => PARTS[name]?.needs === part)];
  const files = parts.flatMap((name) => PARTS[name]?.files ?? []);
  const found = globSync([...files, ...files.map((file) => `${file}/**`)], { cwd: ROOT });
  return [part, parts, new Set(found.map((file) => file.replaceAll("\\", "/")))] as const;
});

test.each(FILES_OF)("without the part %s, every link still leads somewhere", (_, parts, files) => {
  const open = (file: string) =>
    exists(file) && !files.has(file.replace(/\/$/, "")) ? withoutParts(textOf(file), parts, file) : null;
  const remaining = PAGES.filter((page) => !files.has(page));
  expect(remaining.flatMap((page) => brokenLinks(page, open))).toEqual([]);
});

test("every setting is in docs/settings.md and in .env.example, and neither names another", () => {
  const explained = [...read("docs/settings.md").matchAll(/^\| (`[A-Z_`, ]+`) \|/gm)].flatMap(
    ([, names = ""]) => [...names.matchAll(/[A-Z_]+/g)].map(([name]) => name),
  );
  const offered = [...read(".env.example").matchAll(/^#?([A-Z_]+)=/gm)].map(([, name = ""]) => name);
  const sorted = (names: readonly string[]) => [...new Set(names)].sort();
  expect(sorted(explained)).toEqual(sorted([...SETTING_NAMES, "PORT", "HOSTNAME"]));
  expect(sorted(offered)).toEqual(sorted([...SETTING_NAMES, "PORT"]));
});

test("no module of a conformance plan is tested without being in the tables", () => {
  const tables = read("docs/conformance.md");
  const tested = globSync("lib/auth/tests/conformance-*.test.ts", { cwd: ROOT }).flatMap((file) =>
    [...read(file).matchAll(/"(oidcc-[\w-]+):/g)].map(([, name = ""]) => name),
  );
  expect(tested).not.toEqual([]);
  expect(tested.filter((name) => !tables.includes(`\`${name}\``))).toEqual([]);
});

test("every decision record is in the index under its title, and has a context, a decision and consequences", () => {
  const index = read("docs/decisions/README.md");
  const records = PAGES.filter((page) => page.startsWith("docs/decisions/0"));
  expect(records.length).toBeGreaterThan(11);
  for (const record of records) {
    const [heading = "", ...parts] = read(record).match(/^#+ .+$/gm) ?? [];
    const [, number = "", title] = /^# (\d+)\. (.+)$/.exec(heading) ?? [];
    expect(parts, record).toEqual(["## Context", "## Decision", "## Consequences"]);
    expect(path.basename(record)).toMatch(new RegExp(`^${number.padStart(4, "0")}-[a-z0-9-]+\\.md$`));
    expect(index).toContain(`[${title}](${path.basename(record)})`);
  }
});

/** The relative links of a page that lead nowhere. `open` returns a file's text, or null for one that does not exist. */
function brokenLinks(page: string, open: (file: string) => string | null): string[] {
  const links = [...(open(page) ?? "").matchAll(/(?:\]\(|src="|srcset=")([^)"\s]+)/g)].map(
    ([, link = ""]) => link,
  );
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [address = "", anchor] = link.split("#");
      const text = open(address ? path.posix.join(path.posix.dirname(page), address) : page);
      return text === null || (anchor !== undefined && !anchorsOf(text).includes(anchor));
    })
    .map((link) => `${page}: ${link}`);
}

/** A page's text without its examples; nothing of a folder, of code or of a picture. */
function textOf(file: string): string {
  return file.endsWith(".md") ? read(file).replace(/^ *```.*?^ *```$/gms, "") : "";
}

/** The anchors that GitHub gives to headings, and those that the page states itself. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id)];
}

/** The tests that the tables of a page name. Links are relative to the page. */
function testsNamedIn(page: string): NamedTest[] {
  return [...readFileSync(page, "utf8").matchAll(TEST_CELL)].map(([, title = "", link = ""]) => ({
    title,
    file: path.resolve(path.dirname(page), link),
  }));
}

/** A test's title as it is in the code, where tags may follow it. */
function patternOf(title: string): RegExp {
  const parts = title.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`["\`]${parts.join(".+")}( \\[[A-Z][^\\]]*\\])*["\`]`);
}
