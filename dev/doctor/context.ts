import type { ProviderMetadata } from "../../lib/auth/provider/index.ts";
import type { Settings } from "../../lib/settings.ts";
import type { Wire } from "./checks/wire.ts";
import type { ProviderPreset } from "./presets/presets.ts";
import type { Hide, Tell } from "./report/foreign-text.ts";
import type { Situation } from "./report/situation.ts";

/** What every check may use. */
export interface Context {
  readonly situation: Situation;
  readonly settings: Settings;
  readonly wire: Wire;
  /** For every text that somebody else has written. */
  readonly tell: Tell;
  /** For one that is still to be taken apart: what follows may tear a secret to pieces that nobody knows any more. */
  readonly hide: Hide;
}

/** What the checks may use that come after discovery. */
export interface ProviderContext extends Context {
  readonly metadata: ProviderMetadata;
  /** What the table of providers says of this one; null where it is not in there. */
  readonly preset: ProviderPreset | null;
}

/** Where to click: a path through the provider's console, or what to look for in one that is not known. */
export function inConsole(
  preset: ProviderPreset | null,
  place: string | null | undefined,
  otherwise: string,
): string {
  return preset && place ? `In ${preset.name}, ${place}` : `In the provider's console, ${otherwise}`;
}

/** What a preset advises, with a pointer to the guide; nothing for a provider that has none. */
export function advice(preset: ProviderPreset | null, how: string | undefined): string[] {
  return preset && how ? [`${preset.name}: ${how}`] : [];
}
