import type { JSONWebKeySet } from "jose";
import { LoginError } from "../errors.ts";
import { ageOf, published } from "./cache.ts";
import { fetchFromProvider, providerTimeLimit } from "./fetch.ts";
import { parseObject, withoutNulls } from "./jwt.ts";

const STEP = { step: "key request" };

const LIFETIME = 600; // seconds after which the keys are fetched again

/**
 * The provider's public keys, from memory where they are known. Fetch them before using a code or a refresh token: if
 * the key endpoint is down, neither is wasted.
 *
 * @param lifetime how old they may be, in seconds
 * @throws LoginError `provider_unavailable` or `invalid_response`
 */
export async function getProviderKeys(jwksUri: string, lifetime = LIFETIME): Promise<JSONWebKeySet> {
  return published({ name: "keys", lifetime, fetch: () => fetchKeys(jwksUri) });
}

/**
 * The provider's public keys as they are now: for a `kid` that is not among the known ones.
 *
 * @param lastFor seconds for which keys are as good as just fetched: more than 0 where anyone can send a `kid`
 * @throws LoginError `provider_unavailable` also where older ones still serve
 */
export async function getNewestProviderKeys(jwksUri: string, lastFor = 0): Promise<JSONWebKeySet> {
  const keys = await getProviderKeys(jwksUri, lastFor);
  if (ageOf("keys") >= Math.max(lastFor, 1)) {
    throw new LoginError("provider_unavailable", "the provider's newest keys cannot be fetched", STEP);
  }
  return keys;
}

/**
 * Fetches the provider's public keys.
 *
 * @throws LoginError, or what fetch throws
 */
export async function fetchKeys(jwksUri: string): Promise<JSONWebKeySet> {
  const headers = { accept: "application/json, application/jwk-set+json" };
  const response = await fetchFromProvider(jwksUri, { headers, signal: providerTimeLimit() });
  const { status } = response;
  if (status !== 200) {
    const reason = status === 429 || status >= 500 ? "provider_unavailable" : "invalid_response";
    await response.body?.cancel();
    throw new LoginError(reason, `the provider's key endpoint answers ${status}`, { ...STEP, status });
  }
  const jwks = parseObject(await response.text());
  if (!Array.isArray(jwks?.keys))
    throw new LoginError("invalid_response", "the provider's keys are not a JWK Set", STEP);
  const keys = jwks.keys.filter((key) => typeof key === "object" && key !== null);
  return { keys: keys.map(withoutNulls) };
}
