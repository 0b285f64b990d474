import { NOBODYS_SETTINGS, startAppServer } from "./server.ts";

/**
 * Before all tests: starts the app once and ends it gracefully, so that Node.js saves the compiled code for the starts that
 * follow. Servers that are killed, as in the tests, save nothing.
 */
export default async function fillCompileCache(): Promise<void> {
  if (!process.env.NODE_COMPILE_CACHE) return;
  const app = await startAppServer(NOBODYS_SETTINGS);
  await fetch(app.url);
  await app.stop("SIGTERM");
}
