import fc from "fast-check";
import { test } from "vitest";

/** The time limit of a test in ms. Hundreds of inputs take long on a slow machine. */
const TIMEOUT = 60_000;

/** Defines a test whose body checks many inputs with fast-check. */
export function propertyTest(title: string, body: () => void | Promise<void>): void {
  test(title, { timeout: TIMEOUT }, body);
}

/**
 * Makes text of any code points, including lone surrogates. fast-check's own `unit: "binary"` would first list all 1.1
 * million code points, which takes up to ten seconds.
 */
export const anyText = fc.string({
  unit: fc.nat(0x10_ffff).map((codePoint) => String.fromCodePoint(codePoint)),
  maxLength: 50,
});
