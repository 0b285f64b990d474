import { nowInSeconds } from "../../clock.ts";
import { getSettings } from "../../settings.ts";
import { sharedState } from "../../shared-state.ts";
import { getProviderMetadata, knownProviderMetadata, type ProviderMetadata } from "./client.ts";

const WARM_UP_INTERVAL = 10; // seconds

/** Worked out once for each copy of the metadata: the headers of every answer name them. */
const originsOf = new WeakMap<ProviderMetadata, readonly string[]>();

/**
 * The origins of the provider's pages, without waiting for anything: the issuer's, and, once the provider is known, the
 * one that logs out. As long as it is not known, it is asked in the background now and then.
 */
export function providerOrigins(): readonly string[] {
  const metadata = knownProviderMetadata();
  if (!metadata) warmUp();
  const known = metadata && originsOf.get(metadata);
  if (known) return known;
  const urls = [getSettings().oidc.issuer, metadata?.end_session_endpoint];
  const origins = [...new Set(urls.flatMap(originOf))];
  if (metadata) originsOf.set(metadata, origins);
  return origins;
}

/** The document may hold anything; what is no URL has no origin. */
function originOf(url: unknown): string[] {
  const origin = URL.parse(String(url))?.origin;
  return origin && origin !== "null" ? [origin] : [];
}

function warmUp(): void {
  const state = sharedState("warm-up", () => ({ lastAt: 0 }));
  if (nowInSeconds() - state.lastAt < WARM_UP_INTERVAL) return;
  state.lastAt = nowInSeconds();
  getProviderMetadata().catch(() => undefined); // the login that needs it tells what is wrong
}
