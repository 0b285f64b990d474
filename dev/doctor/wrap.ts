/** What is copied from the terminal in one piece, as far as it fits on a line. */
const TOGETHER = /openssl rand -base64 32|npm (run )?\w+|[A-Z_]+="[^"]*"|timedatectl set-ntp true/g;

/** Stands for a space that no line is broken at. */
const BOUND = "\u00a0";

/**
 * Breaks a text into lines between its words; a word that is longer than a line, an URL for instance, stays whole.
 *
 * @param indent columns that every line but the first is moved by
 */
export function wrap(text: string, width: number, indent: number): string[] {
  const [margin = ""] = /^ */.exec(text) ?? [];
  const lines: string[] = [];
  let line = margin;
  const bound = text.replace(TOGETHER, (part) => part.replaceAll(" ", BOUND));
  for (const word of bound.slice(margin.length).split(" ")) {
    const isEmpty = line.trim() === "";
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = " ".repeat(indent) + word;
    } else {
      line += isEmpty ? word : ` ${word}`;
    }
  }
  return [...lines, line].map((one) => one.replaceAll(BOUND, " "));
}
