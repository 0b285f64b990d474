import fc from "fast-check";
import { test } from "vitest";

/** Milliseconds for hundreds of inputs on a slow machine. For other tests, see vitest.config.ts. */
const TIMEOUT = 60_000;

/** A test that fast-check runs with many inputs. */
export function propertyTest(title: string, body: () => void | Promise<void>): void {
  test(title, { timeout: TIMEOUT }, body);
}

/**
 * Text of any code points, lone surrogates included. fast-check's own `unit: "binary"` first lists all 1.1 million of
 * them, which takes up to ten seconds.
 */
export const anyText = fc.string({
  unit: fc.nat(0x10_ffff).map((codePoint) => String.fromCodePoint(codePoint)),
  maxLength: 50,
});
