/**
 * Runs before each test file. Files share a thread, which saves half the CPU time, because packages are loaded once. The
 * modules of this project are evaluated again for each file, and what a file has left in the process is removed.
 */
import { afterAll, vi } from "vitest";
import { forgetSharedState } from "./fresh-process.ts";

// Tests of this app do not depend on the code in lib/hooks.ts, which is its owner's. Tests of hooks set their own.
vi.mock("../../lib/hooks.ts", () => ({ REFUSALS: {}, customClaims: () => ({}), hooks: {} }));

vi.resetModules();
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  forgetSharedState();
});
