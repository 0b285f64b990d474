import { createHash, createHmac } from "node:crypto";
import { getSettings } from "../settings.ts";
import { SITE } from "../site.ts";

/** What a sealed value is for. Each purpose has keys of its own: a value sealed for one is unreadable for another. */
export type Purpose = "session" | "transaction" | "store";

/** Passwords by their number, in the form that iron-session takes: each 256 bits, as 64 hexadecimal digits. */
export type Passwords = Readonly<Record<string, string>>;

/**
 * Passwords derived from `SESSION_SECRET`. A password's number is derived from the secret itself, not from its place in
 * the list, so that secrets can be put in front and taken away at the end without a visitor noticing.
 *
 * @returns `sealing`: the first secret's alone; `opening`: every secret's
 */
export function passwordsFor(purpose: Purpose): { sealing: Passwords; opening: Passwords } {
  const known = derived.get(purpose);
  if (known) return known;
  const entries = getSettings().sessionSecrets.map((secret) => {
    const password = createHmac("sha256", secret).update(`${SITE.id} ${purpose}`).digest("hex");
    const number = createHash("sha256").update(`number of ${password}`).digest().readUInt32BE();
    return [String(number), password] as const;
  });
  const passwords = {
    sealing: Object.fromEntries(entries.slice(0, 1)),
    opening: Object.fromEntries(entries),
  };
  derived.set(purpose, passwords);
  return passwords;
}

const derived = new Map<Purpose, { sealing: Passwords; opening: Passwords }>();
