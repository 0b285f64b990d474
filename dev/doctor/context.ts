import type { ProviderMetadata } from "../../lib/auth/provider/client.ts";
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

/** Where to click: a path through the provider's console, or what to look for in an unknown console. */
export function inConsole(
  preset: ProviderPreset | null,
  place: string | undefined,
  otherwise: string,
): string {
  return preset && place ? `In ${preset.name}, ${place}` : `In the provider's console, ${otherwise}`;
}

/** What a preset advises; an empty list for a provider without one. */
export function advice(preset: ProviderPreset | null, how: string | undefined): string[] {
  return preset && how ? [`${preset.name}: ${how}`] : [];
}
