import type { LoginError, ProviderMetadata } from "../../../lib/auth/provider/index.ts";
import { getProviderMetadata, isLoginError } from "../../../lib/auth/provider/index.ts";
import { withoutDiscoveryPath } from "../../../lib/settings-fields.ts";
import { advice, type Context } from "../context.ts";
import { PROVIDERS, recogniseProvider } from "../presets/presets.ts";
import { error, ok, type Result, skipped } from "../report/finding.ts";
import { describeStatus, redirectOf } from "./wire.ts";

const TIMEOUT = 3_000; // ms

const ISSUER_HOW =
  "OIDC_ISSUER is the part of the discovery document's URL before /.well-known/openid-configuration. The provider's console shows it. If the provider has no discovery document, set the endpoints (OIDC_AUTHORIZATION_ENDPOINT and so on).";

const UNTRUSTED =
  "This machine does not trust the provider's certificate. If your own certificate authority issued it, set NODE_EXTRA_CA_CERTS to the authority's certificate file. Set this variable in the shell, because it has no effect in a .env file.";

/** Each row: a pattern for the cause of a failed request, and the advice to give. The first match counts. */
const NETWORK_ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /ENOTFOUND|EAI_AGAIN|getaddrinfo/i,
    "The host name cannot be resolved. Check OIDC_ISSUER, and this machine's DNS.",
  ],
  [/certificate|self.signed|CERT/i, UNTRUSTED],
  [
    /ECONNREFUSED/i,
    "No server listens at this address. Check the host and the port in the URL, and whether the provider is running.",
  ],
  [/.*/, "Try the URL from this machine with curl. Check any proxy or firewall on the way to it."],
];

/**
 * The check "Discovery": there is a discovery document, and it is for OIDC_ISSUER (OpenID Connect Discovery 4.3).
 * @returns `refused`: if the app rejects the document, its invalid endpoint URLs; the keys are the names of the fields
 */
export async function checkDiscovery(context: Context) {
  const { issuer } = context.settings.oidc;
  try {
    const metadata = await getProviderMetadata();
    return { result: ok(summarise(metadata, context)), metadata };
  } catch (thrown) {
    if (!isLoginError(thrown)) throw thrown;
    const metadata = null;
    if (context.situation.brought.provider && thrown.reason === "provider_unavailable")
      return { result: skipped("npm run dev, which starts the provider, is not running."), metadata };
    const { refused } = thrown.detail;
    if (typeof refused === "object" && refused !== null)
      return { result: ok(`${issuer} has a discovery document.`), metadata, refused: { ...refused } };
    return { result: await explain(thrown, issuer, context), metadata };
  }
}

function summarise({ issuer: stated }: ProviderMetadata, { settings, wire, tell }: Context): string {
  const { issuer } = settings.oidc;
  if (!wire.last(discoveryUrl(issuer)))
    return "Discovery is not needed, because the endpoints are set. The first login shows whether OIDC_ISSUER is right.";
  if (stated === issuer) return `${issuer} has a discovery document for this issuer.`;
  if (stated.includes("{tenantid}")) return `${issuer} has a discovery document for people of any tenant.`;
  return `The document at ${issuer} names the issuer ${tell(stated)}. A missing or extra trailing slash is accepted.`;
}

async function explain(failure: LoginError, issuer: string, context: Context): Promise<Result> {
  const { tell, wire } = context;
  const preset = recogniseProvider(issuer);
  const hints = advice(preset, preset?.issuerHow);
  const answer = wire.last(discoveryUrl(issuer));
  if (failure.reason === "provider_unavailable") {
    const status = answer && describeStatus(answer, tell);
    const said = status ?? tell(failure.detail.cause ?? failure.detail.code ?? failure.message);
    const [, fix = ""] = NETWORK_ADVICE.find(([cause]) => cause.test(said)) ?? [];
    return error(`${issuer} cannot be reached: ${said}.`, fix, ...hints);
  }
  const { missing } = failure.detail;
  if (Array.isArray(missing)) {
    const settings = missing.map((field) => `OIDC_${String(field).toUpperCase()}`);
    return error(`The discovery document lacks ${missing.join(", ")}.`, `Set ${settings.join(", ")}.`);
  }
  const stated = statedIssuer(answer?.body);
  if (answer?.status === 200 && stated) {
    const seen = `OIDC_ISSUER is ${issuer}, but the discovery document there is for ${tell(stated)}.`;
    return error(seen, `Set OIDC_ISSUER=${tell(stated)}, if that is the right provider.`, ...hints);
  }
  const found = await findIssuer(issuer, answer ? redirectOf(answer) : null);
  const said = answer ? describeStatus(answer, tell) : tell(failure.message);
  const seen = `There is no discovery document at ${discoveryUrl(issuer)} (${said}).`;
  if (found) return error(seen, `Another issuer has a discovery document: set OIDC_ISSUER=${tell(found)}`);
  return error(seen, ...(hints.length > 0 ? hints : [ISSUER_HOW]));
}

function statedIssuer(document = ""): string | null {
  try {
    const { issuer } = Object(JSON.parse(document));
    return typeof issuer === "string" ? issuer : null;
  } catch {
    return null;
  }
}

/** The URL of an issuer's discovery document (OpenID Connect Discovery 4). */
function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

/**
 * Looks for the right issuer: tries the target of a redirect from the discovery URL, then longer and shorter paths on
 * the same host.
 * @returns the first URL whose discovery document names this same URL as `issuer`; null if there is none
 */
async function findIssuer(issuer: string, redirect: URL | null): Promise<string | null> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  const longer = PROVIDERS.flatMap(({ issuerPaths }) => issuerPaths.map((more) => path + more));
  // In older versions of Keycloak, the path of every realm begins with /auth.
  const realm = path.startsWith("/auth/realms/") ? path.slice("/auth".length) : `/auth${path}`;
  const parents = path.split("/").map((_, index, parts) => parts.slice(0, -1 - index).join("/"));
  const paths = new Set([...longer, ...(path.includes("/realms/") ? [realm] : []), ...parents]);
  paths.delete(path);
  const target = redirect && /^https?:$/.test(redirect.protocol) ? [withoutDiscoveryPath(redirect.href)] : [];
  const candidates = [...target, ...[...paths].slice(0, 10).map((other) => origin + other)];
  const confirmed = await Promise.all(candidates.map(isIssuer));
  return candidates.find((_, index) => confirmed[index]) ?? null;
}

/** Whether a URL is an issuer, that is, whether its discovery document names this same URL as `issuer`. */
async function isIssuer(candidate: string): Promise<boolean> {
  const request = { signal: AbortSignal.timeout(TIMEOUT), redirect: "manual" } as const;
  const response = await fetch(discoveryUrl(candidate), request).catch(() => null);
  const stated = statedIssuer(await response?.text().catch(() => ""));
  return response?.status === 200 && stated?.replace(/\/$/, "") === candidate;
}
