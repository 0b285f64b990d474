import type { JSONWebKeySet } from "jose";
import * as client from "openid-client";
import { nowInSeconds } from "../../clock.ts";
import { log, quote } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { isLoopbackHttp } from "../../settings-fields.ts";
import { sharedState } from "../../shared-state.ts";
import { LoginError, type LoginErrorReason, toLoginError } from "./errors.ts";
import { fetchFromProvider, isObject, parseObject, providerTimeLimit, withoutNulls } from "./fetch.ts";

/** The provider's metadata (OpenID Connect Discovery 3). It is plain data, so pages and middleware can share it. */
export type ProviderMetadata = client.ServerMetadata & Endpoints;
type Endpoints = Readonly<Record<(typeof REQUIRED)[number], string>>;

/* Times in seconds. */
const METADATA_LIFETIME = 3600;
const KEYS_LIFETIME = 600;
const RETRY_AFTER = 30; // pause after a failed renewal, so that not every login waits for a timeout
const MAX_AGE = 86_400; // maximum age of a copy that cannot be renewed, so that a withdrawn key is not trusted forever
const WARM_UP_INTERVAL = 10; // `warmUp` tries discovery at most once in this time
/** Signature algorithms that are accepted if the metadata does not list any. */
const ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];
const DEFAULTS = {
  id_token_signing_alg_values_supported: ALGORITHMS,
  userinfo_signing_alg_values_supported: ALGORITHMS,
};
const REQUIRED = ["authorization_endpoint", "token_endpoint", "jwks_uri"] as const;

/** The discovery document (OpenID Connect Discovery 4). The settings can replace its endpoints. @throws LoginError */
export function getProviderMetadata(): Promise<ProviderMetadata> {
  return cached("discovery", METADATA_LIFETIME, discover);
}

/** The cached metadata; undefined before the first discovery. Sends no request. */
export function knownProviderMetadata(): ProviderMetadata | undefined {
  return entryOf<ProviderMetadata>("discovery").value;
}

async function discover(): Promise<ProviderMetadata> {
  const { issuer, clientId, endpoints, timeout, allowHttp } = getSettings().oidc;
  const set = { ...DEFAULTS, issuer, ...endpoints } as ProviderMetadata;
  if (REQUIRED.every((name) => set[name])) return set;
  try {
    const document = await client
      .discovery(new URL(issuer), clientId, undefined, client.None(), {
        timeout,
        execute: allowHttp ? [client.allowInsecureRequests] : [],
        [client.customFetch]: async (url, init) => {
          const response = await fetchFromProvider(url, init as RequestInit);
          const text = await response.text();
          const document = parseObject(text); // without null members
          return new Response(document ? JSON.stringify(document) : text || null, response);
        },
      })
      .then((config) => config.serverMetadata() as client.ServerMetadata)
      .catch(acceptTrailingSlash<client.ServerMetadata>);
    const metadata: client.ServerMetadata = { ...DEFAULTS, ...document, ...endpoints };
    assertComplete(metadata);
    assertSafeEndpoints(metadata, { allowHttp });
    return metadata;
  } catch (error) {
    throw toDiscoveryError(error, issuer);
  }
}

/** Returns the document if its issuer differs only by a trailing slash. @throws the error if anything else is wrong */
export function acceptTrailingSlash<T extends { issuer: string }>(error: unknown): T {
  const { code, cause } = Object(error) as { code?: unknown; cause?: { expected: string; body: T } };
  const withoutSlash = (url?: string) => url?.replace(/\/$/, "");
  const isSame = cause && withoutSlash(cause.body?.issuer) === withoutSlash(cause.expected);
  if (code === "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED" && isSame) return cause.body;
  throw error;
}

export function assertComplete<T extends Partial<Endpoints>>(metadata: T): asserts metadata is T & Endpoints {
  const missing = REQUIRED.filter((name) => !metadata[name]);
  if (missing.length === 0) return;
  const settings = missing.map((name) => `OIDC_${name.toUpperCase()}`).join(", ");
  const message = `the discovery document lacks ${missing.join(", ")}; set ${settings}`;
  throw new LoginError("configuration", message, { missing });
}

/** Requires https endpoints. `allowHttp` also allows http on loopback addresses. @throws LoginError `configuration` */
export function assertSafeEndpoints(metadata: object, { allowHttp }: { allowHttp: boolean }): void {
  const isSafe = (value: unknown) => {
    const url = typeof value === "string" ? URL.parse(value) : null;
    return url !== null && (url.protocol === "https:" || (allowHttp && isLoopbackHttp(url)));
  };
  const endpoints = Object.entries(metadata).filter(([name]) => /^jwks_uri$|_endpoint$/.test(name));
  const refused = endpoints.filter(([, value]) => (value ?? "") !== "" && !isSafe(value));
  if (refused.length === 0) return;
  const quoted = Object.fromEntries(refused.map(([name, value]) => [name, quote(value)]));
  const message = `in the discovery document, these are not https URLs: ${Object.keys(quoted).join(", ")}`;
  throw new LoginError("configuration", message, { refused: quoted });
}

/** Converts an error of discovery. Unless the provider is unavailable, the reason is `configuration`. */
export function toDiscoveryError(error: unknown, issuer: string): LoginError {
  const { reason, message, detail } = toLoginError(error, "discovery");
  if (reason === "provider_unavailable") return new LoginError(reason, message, { ...detail, issuer });
  const advice = reason === "configuration" ? "" : "; check OIDC_ISSUER and its discovery document";
  return new LoginError("configuration", message + advice, { ...detail, issuer });
}

/** The provider's public keys, fetched again if they are older than `lifetime` (seconds). @throws LoginError */
export function getProviderKeys(jwksUri: string, lifetime = KEYS_LIFETIME): Promise<JSONWebKeySet> {
  return cached("keys", lifetime, () => fetchKeys(jwksUri));
}

/** Fetches the keys again for an unknown `kid`, at most once in `minAge` seconds, against floods. @throws LoginError */
export async function getCurrentProviderKeys(jwksUri: string, minAge = 0): Promise<JSONWebKeySet> {
  const keys = await getProviderKeys(jwksUri, minAge);
  if (nowInSeconds() - entryOf("keys").fetchedAt < Math.max(minAge, 1)) return keys;
  throw keyError("provider_unavailable", "the provider's current keys cannot be fetched");
}

/** @throws LoginError, or an error of fetch */
export async function fetchKeys(jwksUri: string): Promise<JSONWebKeySet> {
  const headers = { accept: "application/json, application/jwk-set+json" };
  const response = await fetchFromProvider(jwksUri, { headers, signal: providerTimeLimit() });
  const { status } = response;
  if (status !== 200) {
    const reason = status === 429 || status >= 500 ? "provider_unavailable" : "invalid_response";
    throw keyError(reason, `the provider's JWKS endpoint responded with ${status}`, { status });
  }
  const keys = parseObject(await response.text())?.keys;
  if (!Array.isArray(keys)) throw keyError("invalid_response", "the provider's keys are not a JWK Set");
  return { keys: keys.filter(isObject).map(withoutNulls) };
}

function keyError(reason: LoginErrorReason, message: string, detail: object = {}): LoginError {
  return new LoginError(reason, message, { step: "key request", ...detail });
}

/** Origins by metadata. They are cached, because the headers of every response contain them. */
const originsOf = new WeakMap<ProviderMetadata, readonly string[]>();

/** Origins that a logout may redirect to: the issuer, the end-session endpoint if known, and the page after logout. */
export function providerOrigins(): readonly string[] {
  const metadata = knownProviderMetadata();
  if (!metadata) warmUp();
  const known = metadata && originsOf.get(metadata);
  if (known) return known;
  const { appBaseUrl, oidc } = getSettings();
  const urls = [oidc.issuer, metadata?.end_session_endpoint, oidc.postLogoutRedirectUri];
  const all = urls.flatMap((url) => URL.parse(String(url))?.origin ?? []);
  const origins = [...new Set(all)].filter((origin) => origin !== appBaseUrl);
  if (metadata) originsOf.set(metadata, origins);
  return origins;
}

// part: container
/** Whether the provider's metadata is known. If not, fetches it in the background, at most every ten seconds. */
export function isProviderKnown(): boolean {
  const isKnown = knownProviderMetadata() !== undefined;
  if (!isKnown) warmUp();
  return isKnown;
}
// end part: container

function warmUp(): void {
  const state = sharedState("warm-up", () => ({ lastAt: 0 }));
  if (nowInSeconds() - state.lastAt < WARM_UP_INTERVAL) return;
  state.lastAt = nowInSeconds();
  getProviderMetadata().catch(() => undefined); // the next login reports the error
}

/** Caches a value for `lifetime` seconds. Parallel callers share a request. After a failure, an old copy is used. */
export async function cached<T>(name: string, lifetime: number, fetch: () => Promise<T>): Promise<T> {
  const entry = entryOf<T>(name);
  const renewAt = Math.max(entry.retryAt, entry.fetchedAt + lifetime);
  if (entry.value !== undefined && nowInSeconds() < renewAt) return entry.value;
  entry.pending ??= renew(entry, name, fetch).finally(() => {
    entry.pending = undefined;
  });
  return entry.pending;
}

async function renew<T>(entry: Entry<T>, name: string, fetch: () => Promise<T>): Promise<T> {
  try {
    entry.value = await fetch();
    entry.fetchedAt = nowInSeconds();
  } catch (error) {
    if (entry.value === undefined || nowInSeconds() - entry.fetchedAt > MAX_AGE) throw error;
    const { message, detail } = toLoginError(error, name);
    log.warn(detail, `${message}; still using the cached copy`);
    entry.retryAt = nowInSeconds() + RETRY_AFTER;
  }
  return entry.value;
}

type Entry<T> = { value?: T; pending?: Promise<T> | undefined; fetchedAt: number; retryAt: number };

function entryOf<T>(name: string): Entry<T> {
  return sharedState<Entry<T>>(`cached ${name}`, () => ({ fetchedAt: 0, retryAt: 0 }));
}
