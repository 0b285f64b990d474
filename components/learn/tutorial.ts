import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { marked, type Token } from "marked";

const FOLDER = path.join(process.cwd(), "docs/tutorial");

/** A code block: a whole file, or commands if `file` is null. */
export interface Code {
  readonly file: string | null;
  readonly language: string; // `sh` for commands that the tutorial's test runs, `console` for other commands
  readonly text: string;
}

/** A text and the code that it explains. If the text explains no code, `code` is null. */
export interface Passage {
  readonly html: string;
  readonly code: Code | null;
}

export interface Chapter {
  readonly name: string; // the file's name, without the extension
  readonly title: string;
  readonly passages: readonly Passage[];
}

/** Returns the names of the chapters, in order. Only the name of a chapter begins with a digit. */
export async function chapterNames(): Promise<string[]> {
  return (await pageNames()).filter((name) => /^\d/.test(name));
}

async function pageNames(): Promise<string[]> {
  const files = await readdir(FOLDER);
  return files
    .filter((file) => file.endsWith(".md"))
    .map((file) => file.slice(0, -3))
    .sort();
}

/** Reads a page: a chapter, a guide, or the contents (`README`). @returns null if no page has this name */
export async function readChapter(name: string): Promise<Chapter | null> {
  if (!(await pageNames()).includes(name)) return null;
  const [heading, ...tokens] = marked.lexer(await readFile(path.join(FOLDER, `${name}.md`), "utf8"));
  return { name, title: heading && "text" in heading ? heading.text : name, passages: passagesOf(tokens) };
}

function passagesOf(tokens: readonly Token[]): Passage[] {
  const passages: Passage[] = [];
  let words: Token[] = [];
  for (const token of tokens.filter(({ type }) => type !== "space")) {
    if (token.type !== "code") {
      // A heading begins a new passage, so that the code after it is not beside the text before it.
      if (token.type === "heading" && words.length > 0) passages.push(toPassage(words.splice(0)));
      words.push(token);
      continue;
    }
    const [language = "", file = null] = String(token.lang ?? "").split(" ");
    passages.push({ ...toPassage(words), code: { file, language, text: String(token.text) } });
    words = [];
  }
  return words.length > 0 ? [...passages, toPassage(words)] : passages;
}

function toPassage(words: Token[]): Passage {
  return { html: marked.parser(words, { renderer }), code: null };
}

const renderer = new marked.Renderer();
const drawLink = renderer.link;
/** Links to URLs and to tutorial pages stay links. The app serves no other file of docs, so other links become text. */
renderer.link = function (link) {
  const { href, tokens } = link;
  if (/^(https?:|\/)/.test(href)) return drawLink.call(this, link);
  const [, page] = /^([\w-]+)\.md$/.exec(href) ?? [];
  return page ? drawLink.call(this, { ...link, href: `/learn/${page}` }) : this.parser.parseInline(tokens);
};
