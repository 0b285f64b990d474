import { CompactEncrypt, compactDecrypt } from "jose";
import { type Purpose, passwordsFor } from "./secrets.ts";

/** The store's key or the cookie's name that a text is kept under, and bound to: under any other it is unreadable. */
type Place = string;

/** Keys by their number, imported once. */
const imported = new Map<string, Promise<CryptoKey>>();

/**
 * Encrypts a value for the session store or the cookie of a login under way (RFC 7516, compact: A256GCM with a key that
 * is derived from `SESSION_SECRET` and kept at hand. iron-session derives two anew for each seal, and again to open it:
 * that costs three to four times as much).
 *
 * @param place where it will be kept
 */
export async function encrypt(purpose: Purpose, value: object, place: Place): Promise<string> {
  const [number, password] = Object.entries(passwordsFor(purpose).sealing)[0] ?? ["", ""];
  return new CompactEncrypt(Buffer.from(JSON.stringify(value)))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: number, place })
    .encrypt(await keyFrom(password));
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
    async ({ kid }) => {
      const password = kid === undefined ? undefined : passwords[kid];
      if (password === undefined) throw new Error("its secret is none of SESSION_SECRET");
      return keyFrom(password);
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

function keyFrom(password: string): Promise<CryptoKey> {
  let key = imported.get(password);
  if (!key) {
    const bytes = Buffer.from(password, "hex");
    key = crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    imported.set(password, key);
  }
  return key;
}
