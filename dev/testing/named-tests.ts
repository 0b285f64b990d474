import { readFileSync } from "node:fs";
import path from "node:path";

/** A test that a page of documentation names. */
export interface NamedTest {
  /** `…` stands for what varies in it. */
  readonly title: string;
  /** Path of its file. */
  readonly file: string;
}

/** The tests that a page names at the end of a table's row, as `*title*<br>[file](link)`, the link being relative. */
export function testsNamedIn(page: string): NamedTest[] {
  const text = readFileSync(page, "utf8");
  return [...text.matchAll(/\| \*(.+)\*<br>\[.+\]\((.+)\) \|$/gm)].map(([, title = "", link = ""]) => ({
    title,
    file: path.resolve(path.dirname(page), link),
  }));
}

/** What the title of a test looks like in the code, its tags left out. */
export function patternOf(title: string): RegExp {
  const parts = title.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`["\`]${parts.join(".+")}( \\[[A-Z][^\\]]*\\])*["\`]`);
}
