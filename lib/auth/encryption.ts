import { CompactEncrypt, compactDecrypt } from "jose";
import { passwordsFor } from "./secrets.ts";

/** What an entry is about. It is bound to the entry: what was encrypted for one place is unreadable in another. */
type Place = string;

/** Keys by their number, imported once. */
const imported = new Map<string, Promise<CryptoKey>>();

/**
 * Encrypts a value for the session store (RFC 7516, compact: A256GCM with a key derived from `SESSION_SECRET`).
 *
 * @param place where it will be kept
 */
export async function encrypt(value: object, place: Place): Promise<string> {
  const [number, password] = Object.entries(passwordsFor("store").sealing)[0] ?? ["", ""];
  return new CompactEncrypt(Buffer.from(JSON.stringify(value)))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: number, place })
    .encrypt(await keyFrom(password));
}

/**
 * Decrypts what {@link encrypt} made, with any of the secrets.
 *
 * @throws Error saying why it cannot be read; never another party's text
 */
export async function decrypt<T>(encrypted: string, place: Place): Promise<T> {
  const passwords = passwordsFor("store").opening;
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

function keyFrom(password: string): Promise<CryptoKey> {
  let key = imported.get(password);
  if (!key) {
    const bytes = Buffer.from(password, "hex");
    key = crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    imported.set(password, key);
  }
  return key;
}
