/**
 * Runs before each test file. Test files share threads. This saves half the CPU time, because a thread loads packages
 * only once. This module makes each file evaluate the project's modules again, and removes what a file has left behind.
 */
import { afterAll, vi } from "vitest";
import { forgetSharedState } from "./fresh-process.ts";

// Tests must not depend on lib/hooks.ts, because the app's owner changes it. Tests of hooks define their own hooks.
vi.mock("../../lib/hooks.ts", () => ({ REFUSALS: {}, customClaims: () => ({}), hooks: {} }));

vi.resetModules();
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  forgetSharedState();
});
