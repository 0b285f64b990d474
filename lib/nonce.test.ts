import { expect, test } from "vitest";
import { newNonce } from "./nonce.ts";

test("every nonce is 128 bits that no other has", () => {
  const nonces = Array.from({ length: 1_000 }, newNonce);
  expect(new Set(nonces).size).toBe(1_000);
  for (const nonce of nonces) expect(Buffer.from(nonce, "base64")).toHaveLength(16);
});

test("no part of one nonce is part of the next", () => {
  const halves = Array.from({ length: 1_000 }, newNonce).flatMap((nonce) => {
    const bytes = Buffer.from(nonce, "base64");
    return [bytes.toString("hex", 0, 8), bytes.toString("hex", 8)];
  });
  expect(new Set(halves).size).toBe(2_000);
});
