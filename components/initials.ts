/**
 * Up to two initials of a name, e.g. "AL" for "Ada Lovelace". In an e-mail address, the part before the "@" is used.
 *
 * @returns an empty string for a name without letters and digits
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
