import { randomFillSync } from "node:crypto";

const LENGTH = 16; // bytes: Content Security Policy Level 3, 7.1 wants 128 bits or more

/** Random bytes, drawn for many nonces at a time: a few cost as much as thousands. */
const drawn = Buffer.alloc(256 * LENGTH);
let used = drawn.length;

/** A nonce for the scripts of one answer, never to be given to another. */
export function newNonce(): string {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  used += LENGTH;
  return drawn.toString("base64", used - LENGTH, used);
}
