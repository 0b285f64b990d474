import { defineConfig } from "playwright/test";
import { browserLaunchOptions } from "../dev/testing/run/browser.ts";

/** Specs that start `npm run dev`. A folder can run only one `npm run dev` at a time. */
const DEVELOPMENT = specs("commands", "development");

/** Specs whose tests mostly wait: for time limits, for tokens to expire, for a server to start. */
const WAITING = specs(
  "api-faults", // part: demo
  "session-in-browser", // part: demo
  "provider-down",
  "refresh",
  "refresh-failures",
  "session-lifetime",
  "store-unavailable", // part: store
  "store-server", // part: store
);

export default defineConfig({
  testDir: ".",
  testMatch: "*.spec.ts",
  globalSetup: "./support/app/compile-cache.ts",
  outputDir: "../test-results",
  fullyParallel: true,
  // Each worker has its own app, provider and message API. A small machine can run two or three busy workers. The two
  // workers of the waiting specs need little CPU time.
  workers: 4,
  projects: [
    { name: "development", workers: 1, testMatch: DEVELOPMENT },
    { name: "waiting", workers: 2, testMatch: WAITING },
    { name: "working", workers: 3, testIgnore: [...DEVELOPMENT, ...WAITING] },
  ],
  // With retries, a fault that makes a test fail only sometimes would stay hidden.
  retries: 0,
  // If the app does not start, every test fails. 25 failures are enough to show that.
  maxFailures: 25,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000, // because four workers may share two slow cores
  expect: { timeout: 10_000 },
  reporter: [["list"], ["html", { open: "never", outputFolder: "../playwright-report" }]],
  use: {
    browserName: "chromium",
    launchOptions: await browserLaunchOptions(),
    locale: "en-GB",
    timezoneId: "UTC",
    // A trace would take a fifth of the CPU time. To record one, run `npm run test:e2e -- --trace on FILE`.
    trace: "off",
    screenshot: "only-on-failure",
  },
});

function specs(...names: string[]): string[] {
  return names.map((name) => `**/${name}.spec.ts`);
}
