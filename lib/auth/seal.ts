import { createHash, createHmac, hkdfSync } from "node:crypto";
import { CompactEncrypt, compactDecrypt } from "jose";
import { nowInSeconds } from "../clock.ts";
import { getSettings } from "../settings.ts";
import { BoundedMap } from "../shared-state.ts";
import { SITE } from "../site.ts";

/*
 * There are two kinds of seals. iron-session seals the session cookie, because it can split a long one into pieces.
 * Login cookies and entries of the session store are JWEs, because iron-session takes 3 to 4 times as much CPU time.
 */

/** The purpose of a sealed value. Each purpose has its own keys, so no value can be opened for another purpose. */
export type Purpose = "session" | "transaction" | "store";
/** Maps numbers to passwords (256 bits in hex), as iron-session requires. Only the first one seals; each one opens. */
type Passwords = Readonly<Record<"sealing" | "opening", Readonly<Record<string, string>>>>;
const derived = new Map<Purpose, Passwords>();

/** Derives passwords from SESSION_SECRET, for this provider and client: no other provider may get a session's tokens. */
export function passwordsFor(purpose: Purpose): Passwords {
  const known = derived.get(purpose);
  if (known) return known;
  const { oidc, sessionSecrets } = getSettings();
  const context = [SITE.id, purpose, oidc.issuer.replace(/\/$/, ""), oidc.clientId].join(" ");
  const entries = sessionSecrets.map((secret) => {
    const password = createHmac("sha256", secret).update(context).digest("hex");
    const number = createHash("sha256").update(`number of ${password}`).digest().readUInt32BE();
    return [String(number), password] as const;
  });
  const sealing = Object.fromEntries(entries.slice(0, 1));
  const passwords = { sealing, opening: Object.fromEntries(entries) };
  derived.set(purpose, passwords);
  return passwords;
}

/** Caches the key of each password and day. 100 keys are enough for 25 days with two purposes and two secrets. */
const keys = new BoundedMap<string, Promise<CryptoKey>>(100);

/** Encrypts a value as a compact JWE (RFC 7516). @param place the cookie name or store key; `decrypt` checks it */
export async function encrypt(purpose: Purpose, value: object, place: string): Promise<string> {
  const [number, password] = Object.entries(passwordsFor(purpose).sealing)[0] ?? ["", ""];
  const day = String(Math.floor(nowInSeconds() / 86_400));
  return new CompactEncrypt(Buffer.from(JSON.stringify(value)))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: number, day, place })
    .encrypt(await keyFor(password, day));
}

/** Decrypts a value that was sealed for this purpose and place. @throws Error if it was not; quotes no plaintext */
export async function decrypt<T>(purpose: Purpose, encrypted: string, place: string): Promise<T> {
  const passwords = passwordsFor(purpose).opening;
  if (!isCanonical(encrypted)) throw new Error("the sealed value is not canonical base64url");
  const { plaintext, protectedHeader } = await compactDecrypt(
    encrypted,
    async ({ kid, day }) => {
      const password = kid !== undefined && Object.hasOwn(passwords, kid) ? passwords[kid] : undefined;
      if (password === undefined) throw new Error("it was sealed with a secret not in SESSION_SECRET");
      if (typeof day !== "string" || !/^\d{5}$/.test(day)) throw new Error("the header has no valid day");
      return keyFor(password, day);
    },
    { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] },
  );
  if (protectedHeader.place !== place) throw new Error("it was sealed for another cookie or store entry");
  return JSON.parse(Buffer.from(plaintext).toString("utf8")) as T;
}

/** Whether each part is canonical base64url. Decoders ignore extra characters and bits (RFC 4648, 3.3 and 3.5). */
function isCanonical(encrypted: string): boolean {
  return encrypted.split(".").every((part) => Buffer.from(part, "base64url").toString("base64url") === part);
}

/** Derives a key for each day, because a key may encrypt at most 2^32 values (NIST SP 800-38D, 8.3: random nonces). */
function keyFor(password: string, day: string): Promise<CryptoKey> {
  const name = `${password} ${day}`;
  const known = keys.get(name);
  if (known) return known;
  const bytes = hkdfSync("sha256", Buffer.from(password, "hex"), "", `day ${day}`, 32);
  const key = crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  keys.set(name, key);
  return key;
}
