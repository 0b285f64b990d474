/** Runs once when a server starts, before its first request. */
export async function register(): Promise<void> {
  // Next.js also bundles this file for its edge runtime, where there is nothing to check.
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { checkSettings } = await import("./scripts/check-settings");
    await checkSettings();
    (await import("./scripts/before-nextjs")).start(); // part: whole-app
  }
}
