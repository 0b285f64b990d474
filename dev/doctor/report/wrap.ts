/** Commands and settings that people copy from the terminal. No line breaks inside them. */
const UNBROKEN = /openssl rand -base64 32|npm (run )?\w+|[A-Z_]+="[^"]*"|timedatectl set-ntp true/g;

/** Replaces spaces at which a line must not break. */
const NO_BREAK_SPACE = "\u00a0";

/**
 * Breaks a text into lines between words. A word that is longer than a line, such as a URL, is not broken.
 *
 * @param indent the number of spaces before every line but the first
 */
export function wrap(text: string, width: number, indent: number): string[] {
  const [margin = ""] = /^ */.exec(text) ?? [];
  const lines: string[] = [];
  let line = margin;
  const joined = text.replace(UNBROKEN, (part) => part.replaceAll(" ", NO_BREAK_SPACE));
  for (const word of joined.slice(margin.length).split(" ")) {
    const isEmpty = line.trim() === "";
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = " ".repeat(indent) + word;
    } else {
      line += isEmpty ? word : ` ${word}`;
    }
  }
  return [...lines, line].map((one) => one.replaceAll(NO_BREAK_SPACE, " "));
}
