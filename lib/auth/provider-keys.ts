import { nowInSeconds } from "../clock.ts";
import { LoginError } from "./errors.ts";
import { ageOf, published, remember } from "./provider-cache.ts";
import { fetchFromProvider, providerTimeLimit } from "./provider-fetch.ts";

const STEP = { step: "key request" };

const LIFETIME = 600; // seconds after which the keys are fetched anew

/**
 * How old openid-client is told that the keys are. Between 60 and 300 s it uses them, yet fetches new ones at once for
 * a `kid` that it does not find among them: a rotation never waits, and a login with known keys costs no request.
 */
const STATED_AGE = 61;

/** The provider's keys in the form that openid-client takes: a JWK Set (RFC 7517) and when it was fetched. */
interface KeysForClient {
  readonly jwks: { readonly keys: { readonly kty?: string }[] };
  readonly uat: number;
}

/**
 * The provider's public keys, from memory where they are known. They are at hand before a code or a refresh token is
 * spent: were they fetched afterwards only, a failing key endpoint would cost the visitor the new tokens.
 *
 * @param lifetime how old they may be, in seconds
 * @throws LoginError `provider_unavailable` or `invalid_response`
 */
export async function getProviderKeys(jwksUri: string, lifetime = LIFETIME): Promise<KeysForClient> {
  const jwks = await published({ name: "keys", lifetime, fetch: () => fetchKeys(jwksUri) });
  return { jwks, uat: nowInSeconds() - STATED_AGE };
}

/** For how many seconds keys are as good as just fetched: anybody can send a `kid` that has them fetched anew. */
const AS_GOOD_AS_NEW = 1;

/**
 * The provider's public keys as they are now: for a `kid` that is not among the known ones.
 *
 * @throws LoginError `provider_unavailable` also where older ones go on serving
 */
export async function getNewestProviderKeys(jwksUri: string): Promise<KeysForClient> {
  const keys = await getProviderKeys(jwksUri, AS_GOOD_AS_NEW);
  if (ageOf("keys") >= AS_GOOD_AS_NEW) {
    throw new LoginError("provider_unavailable", "the provider's keys cannot be fetched anew", STEP);
  }
  return keys;
}

/** Keeps the keys that openid-client fetched by itself, because it met an unknown `kid`. */
export function rememberProviderKeys(
  used: KeysForClient | undefined,
  given: KeysForClient | undefined,
): void {
  if (used && used.uat !== given?.uat) remember("keys", used.jwks);
}

/**
 * Fetches the provider's public keys.
 *
 * @throws LoginError, or what fetch throws
 */
export async function fetchKeys(jwksUri: string): Promise<KeysForClient["jwks"]> {
  const headers = { accept: "application/json, application/jwk-set+json" };
  const response = await fetchFromProvider(jwksUri, { headers, signal: providerTimeLimit() });
  const { status } = response;
  if (status !== 200) {
    const reason = status === 429 || status >= 500 ? "provider_unavailable" : "invalid_response";
    await response.body?.cancel();
    throw new LoginError(reason, `the provider's key endpoint answers ${status}`, { ...STEP, status });
  }
  const jwks = (await response.json()) as Partial<KeysForClient["jwks"]> | null;
  if (!Array.isArray(jwks?.keys))
    throw new LoginError("invalid_response", "the provider's keys are no JWK Set", STEP);
  return { keys: jwks.keys };
}
