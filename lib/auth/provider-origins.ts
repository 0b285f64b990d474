import { nowInSeconds } from "../clock.ts";
import { getSettings } from "../settings.ts";
import { sharedState } from "../shared-state.ts";
import { getProviderMetadata, knownProviderMetadata } from "./provider.ts";

const WARM_UP_INTERVAL = 10; // seconds

/**
 * The origins of the provider's pages, without waiting for anything: the issuer's, and, once the provider is known, the
 * one that logs out. As long as it is not known, it is asked in the background now and then.
 */
export function providerOrigins(): string[] {
  const metadata = knownProviderMetadata();
  if (!metadata) warmUp();
  const urls = [getSettings().oidc.issuer, metadata?.end_session_endpoint];
  return [...new Set(urls.flatMap(originOf))];
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
