import { getProviderMetadata, toLoginError } from "./auth/provider/index.ts";
import { findUnreadableEnvFiles } from "./env-files.ts";
import { log } from "./log.ts";
import { getSettings, SettingsError } from "./settings.ts";
import { findDriverProblem } from "./store/open-store.ts"; // part: store

/** Ends the process if a setting is missing or malformed. Logs a wrong issuer before the first login. */
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
    let hint = "";
    // part: whole-app
    const isBare = isDevelopment && error.message.includes("SESSION_SECRET is missing"); // `npm run dev` always sets it
    if (isBare)
      hint = "\nnpm run dev needs no settings: it starts a provider and an API, and fills in the rest.";
    // end part: whole-app
    console.error(`\n${error.message}${hint}\n`);
    process.exit(1);
  }
  getProviderMetadata().catch((thrown: unknown) => {
    const { message, reason, detail } = toLoginError(thrown, "discovery");
    log.warn({ reason, ...detail }, message);
  });
}
