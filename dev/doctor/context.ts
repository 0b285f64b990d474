import type { ProviderMetadata } from "../../lib/auth/provider/index.ts";
import type { Settings } from "../../lib/settings.ts";
import type { Wire } from "./checks/wire.ts";
import type { ProviderPreset } from "./presets/presets.ts";
import type { Hide, Tell } from "./report/foreign-text.ts";
import type { Situation } from "./report/situation.ts";

/** The data and the functions that every check gets. */
export interface Context {
  readonly situation: Situation;
  readonly settings: Settings;
  readonly wire: Wire;
  /** Makes a text safe to print. Checks use it for every text from outside this process. */
  readonly tell: Tell;
  /** Removes secrets from a text. Checks use it before they parse a text, because it finds only whole secrets. */
  readonly hide: Hide;
}

/** The data and the functions that the checks after discovery get. */
export interface ProviderContext extends Context {
  readonly metadata: ProviderMetadata;
  /** The provider's entry in providers.json; null if there is none. */
  readonly preset: ProviderPreset | null;
}

/** Where to find a value in the console of a provider that is not in providers.json. */
const UNKNOWN_CONSOLE = {
  clientId: "see the client's id",
  clientSecret: "see the client's credentials",
  callbackUrl: "the client's callback (redirect) URLs",
  logoutUrl: "the client's logout (post-logout redirect) URLs",
  clientAuthentication: "see the client's authentication",
  scopes: "see the client's scopes",
};

/** Where to find a value in the provider's console. For a known provider, this is the exact place. */
export function inConsole(preset: ProviderPreset | null, what: keyof typeof UNKNOWN_CONSOLE): string {
  const place = preset?.console[what];
  return place ? `In ${preset.name}, ${place}` : `In the provider's console, ${UNKNOWN_CONSOLE[what]}`;
}

/** Returns a preset's advice, with the provider's name in front; an empty list without a preset or without advice. */
export function advice(preset: ProviderPreset | null, how: string | undefined): string[] {
  return preset && how ? [`${preset.name}: ${how}`] : [];
}
