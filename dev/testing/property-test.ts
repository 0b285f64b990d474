import fc from "fast-check";
import { test } from "vitest";

/** The time limit for hundreds of inputs on a slow machine, in milliseconds. */
const TIMEOUT = 60_000;

/** A test that fast-check runs with many inputs. */
export function propertyTest(title: string, body: () => void | Promise<void>): void {
  test(title, { timeout: TIMEOUT }, body);
}

/**
 * Text of any code points, including lone surrogates. fast-check's own `unit: "binary"` is not used, because it first
 * lists all 1.1 million code points, which takes up to ten seconds.
 */
export const anyText = fc.string({
  unit: fc.nat(0x10_ffff).map((codePoint) => String.fromCodePoint(codePoint)),
  maxLength: 50,
});
