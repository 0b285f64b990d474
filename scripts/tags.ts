import { globSync } from "node:fs";
import { PARTS } from "./parts.ts";

/** Matches files that may contain lines with the tag of a part. */
const TEXT = "**/*.{css,json,md,mjs,svg,ts,tsx,txt,yaml,yml}";
const OTHER_TEXT = [
  ".env.example",
  "Dockerfile", // part: container
  ".ci/*",
  ".dockerignore", // part: container
  ".github/**/*.yml",
  ".gitignore",
  ".vscode/*.json",
];
const SKIPPED = /(^|[\\/])(node_modules|\.next|\.git|\.fixture-app|\.reference-[\w-]+)$|package-lock\.json$/;

/** Matches `part: a` or `part: a, b` in a comment at the end of a line, in all comment styles of this project. */
const TAG = /(?:\/\/|#|\/\*|<!--|\{\/\*)\s*(end )?part: ([a-z-]+(?:, [a-z-]+)*)\s*(?:\*\/\}?|-->)?\s*$/;

/** Matches a line that contains only a tag, which begins or ends a block. */
const ONLY_TAG = /^\s*(?:\/\/|#|\/\*|<!--|\{\/\*)\s*(?:end )?part: /;

/**
 * Removes the lines of these parts from a text: each line that ends in the tag of such a part, and each block between
 * `part: NAME` and `end part: NAME`. Tags of other parts stay. Also removes the `words` of a part inside other lines.
 *
 * @param file the path of the text in the project
 * @throws Error if a block has no end, or an end has no beginning
 */
export function withoutParts(whole: string, parts: readonly string[], file: string): string {
  const words = parts.flatMap((name) => PARTS[name]?.words?.[file] ?? []);
  const text = words.reduce((rest, word) => rest.replace(word, ""), whole);
  const kept: string[] = [];
  const open: { readonly names: string; readonly isRemoved: boolean }[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const [, end, names = ""] = TAG.exec(line) ?? [];
    const isRemoved = open.some((block) => block.isRemoved);
    const isOurs = names.split(", ").some((name) => parts.includes(name));
    if (names && ONLY_TAG.test(line)) {
      if (!end) open.push({ names, isRemoved: isOurs });
      else if (open.pop()?.names !== names)
        throw new Error(
          `${file}:${index + 1}: "end part: ${names}" has no matching "part: ${names}" before it`,
        );
    }
    if (!isRemoved && !isOurs) kept.push(line);
  }
  const [unclosed] = open;
  if (unclosed) throw new Error(`${file}: the block of part ${unclosed.names} has no end`);
  return kept.length === text.split("\n").length ? text : kept.join("\n").replace(/\n{3,}/g, "\n\n");
}

// part: registry
/** Removes tags from a text, but keeps the rest of each line. @param parts whose tags to remove; default: all parts */
export function withoutTags(text: string, parts?: readonly string[]): string {
  const kept = text.split("\n").flatMap((line) => {
    const [tag, , names = ""] = TAG.exec(line) ?? [];
    if (tag === undefined || (parts && !names.split(", ").some((name) => parts.includes(name))))
      return [line];
    return ONLY_TAG.test(line) ? [] : [line.slice(0, -tag.length).trimEnd()];
  });
  return kept.join("\n");
}
// end part: registry

/** The paths of all files that may contain tags, with slashes on Windows too. */
export function textFiles(): string[] {
  const exclude = (file: string): boolean => SKIPPED.test(file);
  const found = globSync([TEXT, ...OTHER_TEXT], { exclude }).filter((file) => !SKIPPED.test(file));
  return found.map((file) => file.replaceAll("\\", "/"));
}

/** The names of all parts whose tags are in a text. */
export function partsIn(text: string): string[] {
  const names = text.split("\n").flatMap((line) => TAG.exec(line)?.[2]?.split(", ") ?? []);
  return [...new Set(names)];
}
