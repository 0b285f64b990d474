import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { getProviderMetadata, toLoginError } from "../lib/auth/provider/index.ts";
import { log } from "../lib/log.ts";
import { getSettings, SETTING_NAMES, SettingsError } from "../lib/settings.ts";
import { isLoopbackHttp } from "../lib/settings-fields.ts";
import { findDriverProblem } from "../lib/store/open-store.ts"; // part: store

/** Matches names with a prefix that only this app uses, so that a warning can name a misspelled setting. */
export const OWN_NAME = /^(OIDC|BROKER)_/;

/** Settings that need the part `fapi`. Without it, they protect nothing, so the app refuses to start with them. */
const PROTECTIONS = ["OIDC_CLIENT_PRIVATE_KEY", "OIDC_DPOP", "OIDC_PAR"];

/** Ends the process if a setting is missing or malformed. Logs a warning if discovery at the issuer fails. */
export async function checkSettings(): Promise<void> {
  const isDevelopment = process.env.NODE_ENV === "development";
  try {
    const unreadable = findUnreadableEnvFiles(process.cwd(), isDevelopment ? "development" : "production");
    const ejected = PROTECTIONS.filter((name) => process.env[name] && !SETTING_NAMES.includes(name));
    const useless = ejected.map(
      (name) => `${name} has no effect, because the part fapi was ejected. Remove this setting`,
    );
    if (unreadable.length + useless.length > 0) throw new SettingsError([...unreadable, ...useless]);
    getSettings();
    const problem = await findDriverProblem(getSettings().sessionStoreUrl); // part: store
    if (problem) throw new SettingsError([problem]); // part: store
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    let hint = "";
    // part: whole-app
    const isBare = isDevelopment && error.message.includes("SESSION_SECRET is missing"); // `npm run dev` would set it
    if (isBare)
      hint = "\nnpm run dev needs no settings: it starts a provider and an API, and sets all settings.";
    // end part: whole-app
    console.error(`\n${error.message}${hint}\n`);
    process.exit(1);
  }
  if (!isDevelopment) warnAboutSettings();
  getProviderMetadata().catch((thrown: unknown) => {
    const { message, reason, detail } = toLoginError(thrown, "discovery");
    log.warn({ reason, ...detail }, message);
  });
}

/** Warns about settings with which the app starts, but which are probably mistakes. */
function warnAboutSettings(): void {
  const { appBaseUrl, https } = getSettings();
  if (!https && !isLoopbackHttp(new URL(appBaseUrl)))
    log.warn(
      { appBaseUrl },
      "APP_BASE_URL is not https: the session cookie is not encrypted, and links on other sites can log users out",
    );
  const unknown = unknownSettings(process.env);
  if (unknown.length > 0) log.warn({ unknown }, "the app has no settings with these names");
}

/** The variables whose names look like those of settings, but which the app does not read. */
export function unknownSettings(given: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(given).filter((name) => OWN_NAME.test(name) && !SETTING_NAMES.includes(name));
}

/** The .env files that Next.js reads in a mode, the one with the highest precedence first. */
export function envFilesOf(mode: "development" | "production"): string[] {
  return [`.env.${mode}.local`, ".env.local", `.env.${mode}`, ".env"];
}

/** An error message for each .env file in UTF-16, which Next.js cannot read. Windows PowerShell's `>` writes UTF-16. */
export function findUnreadableEnvFiles(folder: string, mode: "development" | "production"): string[] {
  return envFilesOf(mode)
    .filter((file) => hasNullByte(path.join(/* turbopackIgnore: true */ folder, file)))
    .map((file) => `${file} is encoded in UTF-16, so none of its settings can be read. Save it as UTF-8`);
}

/** In UTF-16 every ASCII character has a null byte; a .env file in UTF-8 has none. */
function hasNullByte(file: string): boolean {
  return existsSync(file) && readFileSync(file).includes(0);
}
