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
  /** The path of the test's file. */
  readonly file: string;
}

/** Matches the last cell of a row: `*title*<br>[file](link)`. A comment after the cell may name the row's part. */
const TEST_CELL = /\| \*(.+)\*<br>\[.+\]\((.+)\) \|( <!-- .+ -->)?$/gm;

/** The endings that a test adds to the path in an example's import, until a file of that name exists. */
const SUFFIXES = [".ts", ".tsx", ""];

const exists = (file: string) => existsSync(path.join(ROOT, file));
const PAGES = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT }).map((file) => file.replaceAll("\\", "/"));

describe.each(["conformance.md", "security.md"])("docs/%s", (page) => {
  const named = testsNamedIn(path.join(ROOT, "docs", page));

  test("the page names a test in every row of its tables", () => {
    const rows = read(`docs/${page}`).match(/^\| .*\]\(\.\.\/.*$/gm) ?? [];
    expect(rows.length).toBeGreaterThan(30);
    expect(named).toHaveLength(rows.length);
  });

  test.each(named)("the page names a test that exists: $title", ({ title, file }) => {
    expect(readFileSync(file, "utf8")).toMatch(patternOf(title));
  });
});

describe.each(PAGES)("%s", (page) => {
  test("the page links only to files and headings that exist", () => {
    expect(brokenLinks(page, (file) => (exists(file) ? textOf(file) : null))).toEqual([]);
  });

  test("the page's examples import only existing names", () => {
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

/** All pages except the decision records, which also name removed files and files of other frameworks. */
const PAGES_ABOUT_NOW = PAGES.filter((page) => !page.startsWith("docs/decisions/"));

test.each(PAGES_ABOUT_NOW)("%s names only files that exist", (page) => {
  const named = [...read(page).matchAll(/`((?:[\w.()-]+\/)+[\w.-]+\.\w+)`/g)].map(([, file = ""]) => file);
  expect(named.filter((file) => !exists(file))).toEqual([]);
});

/** For each part: its name, the names of all parts that are removed with it, and the files of all these parts. */
const FILES_OF = Object.keys(PARTS).map((part) => {
  const parts = [part, ...Object.keys(PARTS).filter((name) => PARTS[name]?.needs === part)];
  const files = parts.flatMap((name) => PARTS[name]?.files ?? []);
  const found = globSync([...files, ...files.map((file) => `${file}/**`)], { cwd: ROOT });
  return [part, parts, new Set(found.map((file) => file.replaceAll("\\", "/")))] as const;
});

test.each(FILES_OF)(
  "without the part %s, every link in the documentation still has a target",
  (_, parts, files) => {
    const open = (file: string) =>
      exists(file) && !files.has(file.replace(/\/$/, "")) ? withoutParts(textOf(file), parts, file) : null;
    const remaining = PAGES.filter((page) => !files.has(page));
    expect(remaining.flatMap((page) => brokenLinks(page, open))).toEqual([]);
  },
);

test.each(["lib/hooks.ts", "app/reports/page.tsx"])(
  "docs/your-own-pages.md shows %s as it is in the app that tests run",
  (file) => {
    expect(exampleOf(file)).toBe(read(`e2e/fixture-app/${file}`));
  },
);

test("docs/your-own-pages.md shows a test that e2e/own-pages.spec.ts runs", () => {
  const [, example = ""] = exampleOf("e2e/reports.spec.ts").split("\n\n");
  expect(example).toMatch(/^test\(/);
  expect(read("e2e/own-pages.spec.ts").replace(/^ {2}/gm, "")).toContain(example);
});

test("docs/settings.md and .env.example name every setting, and nothing that is not a setting", () => {
  const explained = [...read("docs/settings.md").matchAll(/^\| (`[A-Z_`, ]+`) \|/gm)].flatMap(
    ([, names = ""]) => [...names.matchAll(/[A-Z_]+/g)].map(([name]) => name),
  );
  const offered = [...read(".env.example").matchAll(/^#?([A-Z_]+)=/gm)].map(([, name = ""]) => name);
  const sorted = (names: readonly string[]) => [...new Set(names)].sort();
  expect(sorted(explained)).toEqual(sorted([...SETTING_NAMES, "PORT", "HOSTNAME"]));
  expect(sorted(offered)).toEqual(sorted([...SETTING_NAMES, "PORT"]));
});

test("every module of a conformance plan that has a test is in docs/conformance.md", () => {
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

/** Returns the code block of docs/your-own-pages.md that begins with the name of a file. */
function exampleOf(file: string): string {
  const blocks = [...read("docs/your-own-pages.md").matchAll(/^```tsx?\n\/\/ (\S+)\n(.*?)^```$/gms)];
  return blocks.find(([, name]) => name === file)?.[2] ?? "";
}

/** Lists a page's relative links to missing files or headings. `open` returns null if a file does not exist. */
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

/** Returns a page's text without its code examples. Returns an empty text for any other file. */
function textOf(file: string): string {
  return file.endsWith(".md") ? read(file).replace(/^ *```.*?^ *```$/gms, "") : "";
}

/** Lists a page's anchors: those that GitHub gives to headings, and those that the page defines in HTML. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id)];
}

/** Lists the tests that a page names in its tables. The page links to their files with relative links. */
function testsNamedIn(page: string): NamedTest[] {
  return [...readFileSync(page, "utf8").matchAll(TEST_CELL)].map(([, title = "", link = ""]) => ({
    title,
    file: path.resolve(path.dirname(page), link),
  }));
}

/** Makes a pattern that finds a test's title in the test's file. Tags may follow the title there. */
function patternOf(title: string): RegExp {
  const parts = title.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`["\`]${parts.join(".+")}( \\[[A-Z][^\\]]*\\])*["\`]`);
}
