import { readFileSync } from "node:fs";
import path from "node:path";

/** A test that a page of documentation names. */
export interface NamedTest {
  /** `…` stands for words that are left out. */
  readonly title: string;
  /** Path of its file. */
  readonly file: string;
}

/** The last cell of a row: `*title*<br>[file](link)`. A comment after it may name the row's part. */
const TEST_CELL = /\| \*(.+)\*<br>\[.+\]\((.+)\) \|( <!-- .+ -->)?$/gm;

/** The tests that the tables of a page name. Links are relative to the page. */
export function testsNamedIn(page: string): NamedTest[] {
  return [...readFileSync(page, "utf8").matchAll(TEST_CELL)].map(([, title = "", link = ""]) => ({
    title,
    file: path.resolve(path.dirname(page), link),
  }));
}

/** A test's title as it is in the code, where tags may follow it. */
export function patternOf(title: string): RegExp {
  const parts = title.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`["\`]${parts.join(".+")}( \\[[A-Z][^\\]]*\\])*["\`]`);
}
