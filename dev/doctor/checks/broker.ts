import { fetchPeerKeys } from "../../../lib/auth/broker/peers.ts";
import { brokerCallback } from "../../../lib/auth/broker/redirect-uri.ts";
import { newLogin } from "../../../lib/auth/login.ts";
import { getProviderMetadata, type ProviderMetadata } from "../../../lib/auth/provider/index.ts";
import { type Context, error, ok, type Result, warning } from "../check.ts";
import { inConsole, recogniseProvider } from "../presets/presets.ts";
import { browse } from "./browse.ts";

/** On many systems, only a privileged process can listen on a port below this number. */
const PRIVILEGED = 1_024;

/** The check "Token broker": whether the callback URL is registered, and the trusted issuers' keys are usable. */
export async function checkBroker(context: Context): Promise<readonly Result[]> {
  const { audience, redirectPorts, redirectUris, trustedIssuers } = context.settings.broker;
  if (audience === null) return []; // the broker is off, so the report has no line about it
  const metadata = await getProviderMetadata().catch(() => null);
  const peers = trustedIssuers.map((url) => checkPeer(url, context));
  const found = await Promise.all([metadata && checkCallback(metadata, context), ...peers]);
  const results = found.filter((result) => result !== null); // null: there is no problem, or it cannot be checked
  if (redirectPorts.some((port) => port < PRIVILEGED)) {
    const seen = `BROKER_REDIRECT_PORTS contains ports below ${PRIVILEGED}. Most programs cannot use them.`;
    results.push(warning(seen, "Use ports from 1024 to 65535."));
  }
  if (results.length > 0) return results;
  const places = [`localhost, on port ${redirectPorts.join(", ")}`, ...redirectUris].join("; ");
  const deviceFlow = metadata?.device_authorization_endpoint
    ? " The provider has a device flow."
    : " The provider announces no device flow, so a program needs a browser on the same machine.";
  return [
    ok(`Programs can receive authorization codes at ${context.tell(places)}.${metadata ? deviceFlow : ""}`),
  ];
}

/** Sends an authentication request with the broker's callback URL. @returns an error if the URL is rejected, or null */
async function checkCallback(metadata: ProviderMetadata, { tell, wire }: Context): Promise<Result | null> {
  const target = brokerCallback();
  const { location } = await newLogin(new URLSearchParams(), "login");
  // If the app has pushed the request, the provider already has its parameters, so another URL cannot be set here.
  if (!location.searchParams.has("redirect_uri")) return null;
  location.searchParams.set("redirect_uri", target);
  const { refusal } = await browse(location, target, { metadata, wire });
  if (refusal?.about !== "URL") return null; // the check "Client id and callback URL" reports other errors
  const place = inConsole(recogniseProvider(metadata.issuer, metadata), "callbackUrl");
  const seen = `The provider rejects the broker's callback URL, ${target}: “${tell(refusal.said)}”`;
  return error(seen, `${place}: add exactly ${target}`);
}

/** Checks a trusted issuer's keys. @returns a warning if they are unusable (people can still log in), otherwise null */
async function checkPeer(issuer: string, { tell }: Context): Promise<Result | null> {
  try {
    const { keys } = await fetchPeerKeys(issuer);
    if (keys.some(({ kty }) => kty === "RSA")) return null;
    const seen = `The trusted issuer ${tell(issuer)} publishes no RSA key, so none of its tokens is accepted.`;
    return warning(seen, "The app accepts only access tokens that are signed with RS256.");
  } catch (thrown) {
    return warning(
      `The keys of the trusted issuer ${tell(issuer)} cannot be fetched: ${tell(thrown instanceof Error ? thrown.message : thrown)}.`,
      "Check BROKER_TRUSTED_ISSUERS, and any proxy or firewall on the way to the issuer. Until the keys can be fetched, the app rejects this issuer's tokens.",
    );
  }
}
