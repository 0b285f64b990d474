import { fetchPeerKeys } from "../../../lib/auth/broker/peers.ts";
import { brokerCallback } from "../../../lib/auth/broker/redirect-uri.ts";
import { newLogin } from "../../../lib/auth/login.ts";
import { getProviderMetadata, type ProviderMetadata } from "../../../lib/auth/provider/index.ts";
import { type Context, inConsole } from "../context.ts";
import { recogniseProvider } from "../presets/presets.ts";
import { browse } from "../report/browse.ts";
import { error, ok, type Result, warning } from "../report/finding.ts";
import { refusalIn } from "./refusals.ts";

/** Only a privileged process can listen on these ports. */
const PRIVILEGED = 1_024;

/** "Token broker": the provider knows its callback URL, and the keys of every trusted issuer can be fetched. */
export async function checkBroker(context: Context): Promise<readonly Result[]> {
  const { audience, redirectPorts, redirectUris, trustedIssuers } = context.settings.broker;
  if (audience === null) return []; // it has no line in the report
  const metadata = await getProviderMetadata().catch(() => null);
  const peers = trustedIssuers.map((url) => checkPeer(url, context));
  const found = await Promise.all([metadata && checkCallback(metadata, context), ...peers]);
  const results = found.filter((result) => result !== null); // without a document, see "Discovery"
  if (redirectPorts.some((port) => port < PRIVILEGED)) {
    const seen = `BROKER_REDIRECT_PORTS has ports below ${PRIVILEGED}: most programs cannot listen there.`;
    results.push(warning(seen, "Use ports from 1024 to 65535."));
  }
  if (results.length > 0) return results;
  const places = [`localhost, on port ${redirectPorts.join(", ")}`, ...redirectUris].join("; ");
  const deviceFlow = metadata?.device_authorization_endpoint
    ? "The provider has a device flow."
    : "The provider announces no device flow, so programs need a browser.";
  return [ok(`Programs wait at ${context.tell(places)}. ${deviceFlow}`)];
}

/** The request of a program's login, as far as the provider's first page. @returns null if nothing is wrong */
async function checkCallback(metadata: ProviderMetadata, { tell, hide }: Context): Promise<Result | null> {
  const target = brokerCallback();
  const { location } = await newLogin(new URLSearchParams(), "login");
  if (!location.searchParams.has("redirect_uri")) return null; // it was pushed
  location.searchParams.set("redirect_uri", target);
  const refusal = refusalIn(await browse(location, { metadata, target, hide }));
  if (refusal?.about !== "URL") return null; // anything else is in "Client id and callback URL"
  const place = inConsole(recogniseProvider(metadata.issuer, metadata), "callbackUrl");
  const seen = `The provider rejects the callback URL of programs' logins, ${target}: “${tell(refusal.said)}”`;
  return error(seen, `${place}: add exactly ${target}`);
}

/** A trusted issuer that is down stops nobody from logging in. @returns null if nothing is wrong */
async function checkPeer(issuer: string, { tell }: Context): Promise<Result | null> {
  try {
    const { keys } = await fetchPeerKeys(issuer);
    if (keys.some(({ kty }) => kty === "RSA")) return null;
    const seen = `The trusted issuer ${tell(issuer)} publishes no RSA key, so none of its tokens is accepted.`;
    return warning(seen, "The app accepts access tokens that are signed with RS256 alone.");
  } catch (thrown) {
    return warning(
      `The keys of the trusted issuer ${tell(issuer)} cannot be fetched: ${tell(thrown instanceof Error ? thrown.message : thrown)}.`,
      "Check BROKER_TRUSTED_ISSUERS, and any proxy or firewall in between. Tokens of this issuer are rejected meanwhile.",
    );
  }
}
