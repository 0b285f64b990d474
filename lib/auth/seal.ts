import { createHash, createHmac, hkdfSync } from "node:crypto";
import { CompactEncrypt, compactDecrypt } from "jose";
import { nowInSeconds } from "../clock.ts";
import { getSettings } from "../settings.ts";
import { BoundedMap } from "../shared-state.ts";
import { SITE } from "../site.ts";

/*
 * There are two kinds of seals. iron-session seals the session cookie, because it splits big cookies into pieces. Login
 * cookies and entries of the session store are JWEs, because iron-session costs three to four times as much CPU time.
 */

/** What a value is sealed for. Each purpose has its own keys, so a value sealed for one is unreadable for another. */
export type Purpose = "session" | "transaction" | "store";
/** Passwords by number, as iron-session expects (256 bits in hexadecimal). The first secret seals, and all open. */
type Passwords = Readonly<Record<"sealing" | "opening", Readonly<Record<string, string>>>>;
const derived = new Map<Purpose, Passwords>();

/** A password's number is not its position in SESSION_SECRET: secrets can be added in front and removed at the end. */
export function passwordsFor(purpose: Purpose): Passwords {
  const known = derived.get(purpose);
  if (known) return known;
  const entries = getSettings().sessionSecrets.map((secret) => {
    const password = createHmac("sha256", secret).update(`${SITE.id} ${purpose}`).digest("hex");
    const number = createHash("sha256").update(`number of ${password}`).digest().readUInt32BE();
    return [String(number), password] as const;
  });
  const sealing = Object.fromEntries(entries.slice(0, 1));
  const passwords = { sealing, opening: Object.fromEntries(entries) };
  derived.set(purpose, passwords);
  return passwords;
}

/** Keys by password and day; enough for 25 days with two purposes and two secrets. Deriving another key is cheap. */
const keys = new BoundedMap<string, Promise<CryptoKey>>(100);

/** Encrypts a value as a JWE (RFC 7516, compact: A256GCM). @param place cookie name, or key of a store entry */
export async function encrypt(purpose: Purpose, value: object, place: string): Promise<string> {
  const [number, password] = Object.entries(passwordsFor(purpose).sealing)[0] ?? ["", ""];
  const day = String(Math.floor(nowInSeconds() / 86_400));
  return new CompactEncrypt(Buffer.from(JSON.stringify(value)))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: number, day, place })
    .encrypt(await keyFor(password, day));
}

/** Decrypts what {@link encrypt} returned for this purpose and place. @throws Error without any text of the value */
export async function decrypt<T>(purpose: Purpose, encrypted: string, place: string): Promise<T> {
  const passwords = passwordsFor(purpose).opening;
  if (!isCanonical(encrypted)) throw new Error("it is not in canonical base64url");
  const { plaintext, protectedHeader } = await compactDecrypt(
    encrypted,
    async ({ kid, day }) => {
      const password = kid !== undefined && Object.hasOwn(passwords, kid) ? passwords[kid] : undefined;
      if (password === undefined) throw new Error("the secret that sealed it is not in SESSION_SECRET");
      if (typeof day !== "string" || !/^\d{5}$/.test(day)) throw new Error("its header has no valid day");
      return keyFor(password, day);
    },
    { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] },
  );
  if (protectedHeader.place !== place) throw new Error("it was sealed for another cookie or store entry");
  return JSON.parse(Buffer.from(plaintext).toString("utf8")) as T;
}

/** Whether each part is as we encode it, because decoders ignore extra characters and bits (RFC 4648, 3.3 and 3.5). */
function isCanonical(encrypted: string): boolean {
  return encrypted.split(".").every((part) => Buffer.from(part, "base64url").toString("base64url") === part);
}

/** A key may encrypt some 2^32 values with random nonces (NIST SP 800-38D, 8.3), so each day has its own key. */
function keyFor(password: string, day: string): Promise<CryptoKey> {
  const name = `${password} ${day}`;
  const known = keys.get(name);
  if (known) return known;
  const bytes = hkdfSync("sha256", Buffer.from(password, "hex"), "", `day ${day}`, 32);
  const key = crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  keys.set(name, key);
  return key;
}
