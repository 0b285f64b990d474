import { test } from "vitest";

/** Milliseconds for hundreds of inputs on a slow machine. Other tests have Vitest's five seconds. */
const TIMEOUT = 60_000;

/** A test that fast-check runs with many inputs. */
export function propertyTest(title: string, body: () => void | Promise<void>): void {
  test(title, { timeout: TIMEOUT }, body);
}
