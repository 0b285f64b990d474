import { defineConfig } from "playwright/test";
import { browserLaunchOptions } from "./dev/testing/run/browser.ts";

export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
  outputDir: "test-results",
  fullyParallel: true,
  // Each worker has an app, a provider and a message API of its own; more than two crowd a small machine.
  workers: 2,
  // A test that passes at the second try hides a fault.
  retries: 0,
  // Where the app does not start, nothing passes: no need to see that a hundred times.
  maxFailures: 25,
  forbidOnly: Boolean(process.env.CI),
  timeout: 30_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["html", { open: "never" }]],
  use: {
    browserName: "chromium",
    launchOptions: await browserLaunchOptions(),
    locale: "en-GB",
    timezoneId: "UTC",
    // Without the film strip: it is costly where a CPU does the drawing.
    trace: { mode: "retain-on-failure", screenshots: false },
    screenshot: "only-on-failure",
  },
});
