/**
 * Up to two letters that stand for a name, e.g. "AL" for "Ada Lovelace".
 * Of an e-mail address only what stands before the "@" counts. A name without a letter or digit gives an empty string.
 */
export function initials(name: string): string {
  const [person = ""] = name.split("@");
  const words = person.split(/[^\p{L}\p{M}\p{N}]+/u).filter(Boolean);
  const chosen = words.length > 1 ? [words.at(0), words.at(-1)] : words;
  return chosen
    .map((word = "") => word.match(/[\p{L}\p{N}]/u)?.at(0) ?? "")
    .join("")
    .toUpperCase();
}
