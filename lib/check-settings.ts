import { getProviderMetadata } from "./auth/provider/client.ts";
import { toLoginError } from "./auth/provider/errors.ts";
import { findUnreadableEnvFiles } from "./env-files.ts";
import { log } from "./log.ts";
import { getSettings, SettingsError } from "./settings.ts";
import { findDriverProblem } from "./store/open-store.ts"; // part: store

/**
 * Ends the process where a setting is missing or malformed, with one message that names all of them. Then has a first
 * look at the provider, so that a wrong issuer stands in the log before the first visitor meets it; a provider that is
 * down is no reason not to start.
 */
export async function checkSettings(): Promise<void> {
  const isDevelopment = process.env.NODE_ENV === "development";
  try {
    const unreadable = findUnreadableEnvFiles(process.cwd(), isDevelopment ? "development" : "production");
    if (unreadable.length > 0) throw new SettingsError(unreadable);
    getSettings();
    const problem = await findDriverProblem(getSettings().sessionStoreUrl); // part: store
    if (problem) throw new SettingsError([problem]); // part: store
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    // `npm run dev` always sets this one: without it, Next.js was started directly.
    const isBare =
      isDevelopment && error.problems.some((problem) => problem.startsWith("SESSION_SECRET is missing"));
    const hint = isBare
      ? "\nnpm run dev needs no settings: it starts a provider and an API, and fills in the rest."
      : "";
    console.error(`\n${error.message}${hint}\n`);
    process.exit(1);
  }
  getProviderMetadata().catch((thrown: unknown) => {
    const { message, reason, detail } = toLoginError(thrown, "discovery");
    log.warn({ reason, ...detail }, message);
  });
}
