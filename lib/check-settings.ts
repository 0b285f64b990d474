import { getProviderMetadata } from "./auth/provider.ts";
import { toLoginError } from "./auth/provider-errors.ts";
import { log } from "./log.ts";
import { getSettings, SettingsError } from "./settings.ts";

/**
 * Ends the process where a setting is missing or malformed, with one message that names all of them. Then has a first
 * look at the provider, so that a wrong issuer stands in the log before the first visitor meets it; a provider that is
 * down is no reason not to start.
 */
export function checkSettings(): void {
  try {
    getSettings();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(`\n${error.message}\n`);
    process.exit(1);
  }
  getProviderMetadata().catch((thrown: unknown) => {
    const { message, reason, detail } = toLoginError(thrown, "discovery");
    log.warn({ reason, ...detail }, message);
  });
}
