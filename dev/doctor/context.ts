import type { ProviderMetadata } from "../../lib/auth/provider/index.ts";
import type { Settings } from "../../lib/settings.ts";
import type { Wire } from "./checks/wire.ts";
import type { ProviderPreset } from "./presets/presets.ts";
import type { Hide, Tell } from "./report/foreign-text.ts";
import type { Situation } from "./report/situation.ts";

/** What every check can use. */
export interface Context {
  readonly situation: Situation;
  readonly settings: Settings;
  readonly wire: Wire;
  /** For every text from elsewhere. */
  readonly tell: Tell;
  /** For a text that is still to be parsed, because a part of a secret could no longer be recognised as one. */
  readonly hide: Hide;
}

/** What the checks after discovery can use. */
export interface ProviderContext extends Context {
  readonly metadata: ProviderMetadata;
  /** The provider in the table of providers; null if it is not in there. */
  readonly preset: ProviderPreset | null;
}

/** What to look for in a console that the table of providers does not know. */
const UNKNOWN_CONSOLE = {
  clientId: "see the client's id",
  clientSecret: "see the client's credentials",
  callbackUrl: "the client's callback (redirect) URLs",
  logoutUrl: "the client's logout (post-logout redirect) URLs",
  clientAuthentication: "see the client's authentication",
  scopes: "see the client's scopes",
};

/** Where to click: a path through the provider's console. */
export function inConsole(preset: ProviderPreset | null, what: keyof typeof UNKNOWN_CONSOLE): string {
  const place = preset?.console[what];
  return place ? `In ${preset.name}, ${place}` : `In the provider's console, ${UNKNOWN_CONSOLE[what]}`;
}

/** What a preset advises; an empty list for a provider without one. */
export function advice(preset: ProviderPreset | null, how: string | undefined): string[] {
  return preset && how ? [`${preset.name}: ${how}`] : [];
}
