/** Runs once when a server starts, before its first request. */
export async function register(): Promise<void> {
  // Next bundles this file for its edge runtime, too, where there is nothing to do.
  if (process.env.NEXT_RUNTIME === "nodejs") await (await import("./scripts/before-nextjs")).start();
}
