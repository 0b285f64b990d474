import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** Phrases that most readers have to read twice, as regular expressions, each with what to write instead. */
const PHRASES: Readonly<Record<string, string>> = {
  anew: "again, new",
  "at hand": "available",
  "by itself": "automatically, on its own",
  "(can|could|cannot) be had": "is available, can be obtained",
  "(comes?|came|coming|brings?|brought) along": "is included, includes",
  "counts? as": "is treated as, is",
  "for good": "permanently, for the rest of the session",
  "goe?s? on (arriving|serving|working)": "still arrives, still serves, still works",
  "in vain": "without effect, for nothing; or say what failed",
  "(is|are|was|were|be|goes|went) away": "is unavailable, cannot be reached",
  "(is|are|was|were) forgiven": "is accepted",
  "(?<!\\bthere )(is|are|was|were) no (?!longer|more than)": "is not a, has no",
  '(?<!["/])log-(in|out)s?(?![-\\w]*\\.(ts|spec|test))': "login, logout (nouns); log in, log out (verbs)",
  "of (any|much|no) (more )?use": "is useless, does not work",
  "pass(es)? the \\w+ by": "skips, does not go through",
  "sees? to (it|that|them)": "makes sure",
  "(stands?|standing|stood) in (a|the|this) log": "is logged, is in the log",
  "takes? no": "does not take, does not accept",
  "to the letter": "exactly",
  "too many or too few": "missing or extra",
  "what of": "name the thing: the part of",
  "who(ev|m?soev)er": "anyone who, the person who",
  "(good for|worth) nothing": "useless",
};

test("sources, docs and messages contain none of the phrases that most readers have to read twice", () => {
  expect(textFiles().flatMap((file) => phrasesIn(read(file)).map((phrase) => `${file}:${phrase}`))).toEqual(
    [],
  );
});

test("a phrase is found in upper and lower case, and across the lines of a comment", () => {
  const text = "/** In\n * vain, and there is no more than that\n// OF NO\n// use */";
  expect(phrasesIn(text)).toEqual([
    expect.stringContaining("1: “In vain”"),
    expect.stringContaining("3: “OF NO use”"),
  ]);
});

function phrasesIn(text: string): string[] {
  return Object.entries(PHRASES).flatMap(([phrase, instead]) => {
    const pattern = new RegExp(`\\b${phrase.replaceAll(" ", "[\\s*/#>]+")}\\b`, "gi");
    return [...text.matchAll(pattern)].map((match) => {
      const line = text.slice(0, match.index).split("\n").length;
      return `${line}: “${match[0].replace(/[\s*/#>]+/g, " ")}”, better: ${instead}`;
    });
  });
}

function textFiles(): string[] {
  const folders = "{.ci,.github,app,bench,components,dev,docs,e2e,lib,scripts}";
  const kinds = "{css,md,mjs,svg,ts,tsx,yml}";
  const patterns = [`*.${kinds}`, `${folders}/**/*.${kinds}`, ".ci/*", ".env.example"];
  const isOther = (name: string) =>
    /(^|\/)(node_modules|\.next|\.reference-\w+|\.fixture-app|words\.test\.ts)$/.test(
      name.replaceAll("\\", "/"),
    );
  return globSync(patterns, { cwd: ROOT, exclude: isOther }).map((file) => file.replaceAll("\\", "/"));
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), "utf8");
}
