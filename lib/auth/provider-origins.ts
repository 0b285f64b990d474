import { getSettings } from "../settings.ts";
import { getProviderMetadata, knownProviderMetadata } from "./provider.ts";

/**
 * The origins of the provider's pages, without waiting for anything: the issuer's, and, once the provider is known, the
 * one that logs out. As long as it is not known, each call has the provider asked in the background.
 */
export function providerOrigins(): string[] {
  const metadata = knownProviderMetadata();
  if (!metadata) warmUp();
  const urls = [getSettings().oidc.issuer, metadata?.end_session_endpoint];
  return [...new Set(urls.filter((url) => url !== undefined).map((url) => new URL(url).origin))];
}

function warmUp(): void {
  getProviderMetadata().catch(() => undefined); // the login that needs it tells what is wrong
}
