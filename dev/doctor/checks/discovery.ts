import type { LoginError } from "../../../lib/auth/provider/index.ts";
import { withoutDiscoveryPath } from "../../../lib/settings-fields.ts";
import { type Context, error, ok, type ProviderContext, type Result, skipped } from "../check.ts";
import { advice, PROVIDERS, recogniseProvider } from "../presets/presets.ts";
import type { Wire } from "./wire.ts";

const TIMEOUT = 3_000; // ms

const ISSUER_HOW =
  "OIDC_ISSUER is the part of the discovery document's URL before /.well-known/openid-configuration. The provider's console shows it. If the provider has no discovery document, set the endpoints (OIDC_AUTHORIZATION_ENDPOINT and so on).";

/** The causes of a failed request, with the advice to give. The first pattern that matches counts. */
const NETWORK_ADVICE: readonly (readonly [RegExp, string])[] = [
  [/ENOTFOUND|EAI_AGAIN|getaddrinfo/i, "Check the host name in OIDC_ISSUER, and this machine's DNS."],
  [
    /certificate|self.signed|CERT/i,
    "This machine does not trust the provider's certificate. If your own certificate authority issued it, set NODE_EXTRA_CA_CERTS to the authority's certificate file. Set this variable in the shell, because it has no effect in a .env file.",
  ],
  [/ECONNREFUSED/i, "Check the host and the port in the URL, and whether the provider is running."],
  [/.*/, "Try the URL from this machine with curl. Check any proxy or firewall on the way to it."],
];

/** The check "Discovery" if the app accepts the provider metadata. */
export function checkDiscovery({ metadata, settings, wire, tell }: ProviderContext): Result {
  const { issuer } = settings.oidc;
  const { issuer: stated } = metadata;
  const unproven = "The first login shows whether OIDC_ISSUER is right.";
  if (!wire.last(discoveryUrl(issuer)))
    return ok(`Discovery is not needed, because the endpoints are set. ${unproven}`);
  if (stated === issuer) return ok(`${issuer} has a discovery document for this issuer.`);
  if (stated.includes("{tenantid}"))
    return ok(`${issuer} has a discovery document for people of any tenant.`);
  const seen = `The document at ${issuer} names the issuer ${tell(stated)}.`;
  return ok(`${seen} A missing or extra trailing slash is accepted.`);
}

/** The check "Discovery" if the app has no usable metadata, for example because OIDC_ISSUER is wrong. */
export async function explainDiscovery(failure: LoginError, context: Context): Promise<Result> {
  const { situation, settings, tell, wire } = context;
  const { reason, message, detail } = failure;
  const { issuer } = settings.oidc;
  const preset = recogniseProvider(issuer);
  const hint = advice(preset, preset?.issuerHow);
  const answer = wire.last(discoveryUrl(issuer));
  if (reason === "provider_unavailable") {
    if (situation.brought.provider) return skipped("npm run dev, which starts the provider, is not running.");
    const said = answer?.outcome ?? tell(detail.cause ?? detail.code ?? message);
    const [, fix] = NETWORK_ADVICE.find(([cause]) => cause.test(said)) ?? [];
    return error(`${issuer} cannot be reached: ${said}.`, fix, hint);
  }
  if (detail.refused) return ok(`${issuer} has a discovery document.`);
  if (Array.isArray(detail.missing)) {
    const names = detail.missing.map((field) => `OIDC_${String(field).toUpperCase()}`);
    return error(`The discovery document lacks ${detail.missing.join(", ")}.`, `Set ${names.join(", ")}.`);
  }
  const stated = answer?.status === 200 && answer.members.issuer;
  if (stated) {
    const seen = `OIDC_ISSUER is ${issuer}, but the discovery document there is for ${tell(stated)}.`;
    return error(seen, `Set OIDC_ISSUER=${tell(stated)}, if that is the right provider.`, hint);
  }
  const found = await findIssuer(issuer, answer?.redirect ?? null, wire);
  const seen = `There is no discovery document at ${discoveryUrl(issuer)} (${answer?.outcome ?? tell(message)}).`;
  if (found) return error(seen, `Another issuer has a discovery document: set OIDC_ISSUER=${tell(found)}`);
  return error(seen, hint ?? ISSUER_HOW);
}

/** The URL of an issuer's discovery document (OpenID Connect Discovery 4). */
function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

/**
 * Looks for the right issuer: tries the target of a redirect from the discovery URL, and longer and shorter paths on
 * the same host.
 * @returns the first of these URLs whose discovery document names the same URL as `issuer`; undefined if there is none
 */
async function findIssuer(issuer: string, redirect: URL | null, wire: Wire): Promise<string | undefined> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  const longer = PROVIDERS.flatMap(({ issuerPaths }) => issuerPaths.map((more) => path + more));
  // In older versions of Keycloak, the path of every realm begins with /auth.
  const realm = path.replace(/^(\/auth)?(?=\/realms\/)/, (auth) => (auth ? "" : "/auth"));
  const parents = path.split("/").map((_, index, parts) => parts.slice(0, -1 - index).join("/"));
  const paths = [...new Set([...longer, realm, ...parents])].filter((other) => other !== path);
  const target = redirect && /^https?:$/.test(redirect.protocol) ? [withoutDiscoveryPath(redirect.href)] : [];
  const candidates = [...target, ...paths.slice(0, 10).map((other) => origin + other)];
  const confirmed = await Promise.all(
    candidates.map(async (candidate) => {
      const request = { signal: AbortSignal.timeout(TIMEOUT) };
      const answer = await wire.send(discoveryUrl(candidate), request).catch(() => null);
      return answer?.status === 200 && String(answer.members.issuer).replace(/\/$/, "") === candidate;
    }),
  );
  return candidates.find((_, index) => confirmed[index]);
}
