import { NOBODYS_SETTINGS, startAppServer } from "./server.ts";

/**
 * Runs before all tests. If there is a compile cache, starts the app once and ends it gracefully, so that Node.js saves
 * the compiled code for later starts. The tests kill their servers, and a killed server saves nothing.
 */
export default async function fillCompileCache(): Promise<void> {
  if (!process.env.NODE_COMPILE_CACHE) return;
  const app = await startAppServer(NOBODYS_SETTINGS);
  await fetch(app.url);
  await app.stop("SIGTERM");
}
