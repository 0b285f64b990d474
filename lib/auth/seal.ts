import { hkdfSync } from "node:crypto";
import { CompactEncrypt, compactDecrypt } from "jose";
import { nowInSeconds } from "../clock.ts";
import { BoundedMap } from "../shared-state.ts";
import { type Purpose, passwordsFor } from "./secrets.ts";

/** The store's key or the cookie's name that a text is kept under, and bound to: under any other it is unreadable. */
type Place = string;

const SECONDS_PER_DAY = 86_400;
const DAY = /^\d{5}$/;

/** More than a session lasts, for two purposes and a secret that is being rotated. Deriving another costs little. */
const MAX_KEYS = 100;

/** Derived keys by their password and day. */
const keys = new BoundedMap<string, Promise<CryptoKey>>(MAX_KEYS);

/**
 * Encrypts a value for the session store or the cookie of a login under way (RFC 7516, compact: A256GCM). iron-session
 * derives two keys for each seal, and again to open it, which costs three to four times as much.
 *
 * @param place where it will be kept
 */
export async function encrypt(purpose: Purpose, value: object, place: Place): Promise<string> {
  const [number, password] = Object.entries(passwordsFor(purpose).sealing)[0] ?? ["", ""];
  const day = String(Math.floor(nowInSeconds() / SECONDS_PER_DAY));
  return new CompactEncrypt(Buffer.from(JSON.stringify(value)))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: number, day, place })
    .encrypt(await keyFor(password, day));
}

/**
 * Decrypts what {@link encrypt} made for the same purpose and place, with any of the secrets.
 *
 * @throws Error saying why it cannot be read; never another party's text
 */
export async function decrypt<T>(purpose: Purpose, encrypted: string, place: Place): Promise<T> {
  const passwords = passwordsFor(purpose).opening;
  if (!isCanonical(encrypted)) throw new Error("it is no text of ours");
  const { plaintext, protectedHeader } = await compactDecrypt(
    encrypted,
    async ({ kid, day }) => {
      const password = kid === undefined ? undefined : passwords[kid];
      if (password === undefined) throw new Error("its secret is none of SESSION_SECRET");
      if (typeof day !== "string" || !DAY.test(day)) throw new Error("it names no day");
      return keyFor(password, day);
    },
    { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] },
  );
  if (protectedHeader.place !== place) throw new Error("it was made for another place");
  return JSON.parse(Buffer.from(plaintext).toString("utf8")) as T;
}

/** Whether it is base64url as it is made: decoders pass over what does not belong there (RFC 4648, 3.3 and 3.5). */
function isCanonical(encrypted: string): boolean {
  return encrypted.split(".").every((part) => Buffer.from(part, "base64url").toString("base64url") === part);
}

/**
 * The key for what is encrypted on one day (HKDF, RFC 5869). A256GCM has random nonces, so one key is good for some 2^32
 * values (NIST SP 800-38D, 8.3); a million people need 28 million a day. Deriving a key takes a quarter of the time of an
 * encryption, and is done once a day.
 *
 * @param day days since 1970
 */
function keyFor(password: string, day: string): Promise<CryptoKey> {
  const name = `${password} ${day}`;
  const known = keys.get(name);
  if (known) return known;
  const bytes = hkdfSync("sha256", Buffer.from(password, "hex"), "", `day ${day}`, 32);
  const key = crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  keys.set(name, key);
  return key;
}
