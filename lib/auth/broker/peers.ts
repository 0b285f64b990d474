import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { nowInSeconds } from "../../clock.ts";
import { log, quote } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { isLoopbackHttp } from "../../settings-fields.ts";
import { sharedState } from "../../shared-state.ts";
import { boundBody, isObject } from "../provider/index.ts";

const TIMEOUT = 3_000; // ms, for each request
const MAX_BYTES = 200_000;

const RENEW_AFTER = 600; // after this many seconds, keys are fetched again in the background
const MAX_AGE = 86_400; // after this many seconds, keys are no longer used
/** The keys are fetched at most once in this many seconds. Until then, tokens with a new key may be rejected. */
const RETRY_AFTER = 30;

interface PeerKeys {
  keys: JSONWebKeySet | undefined;
  fetchedAt: number;
  triedAt: number;
  pending: Promise<void> | undefined;
}

/** Whether tokens of this issuer are accepted. The settings must contain exactly the same URL. */
export function isTrustedIssuer(issuer: unknown): issuer is string {
  return typeof issuer === "string" && getSettings().broker.trustedIssuers.includes(issuer);
}

/**
 * Finds the key of a token in the key set of its trusted issuer. If the issuer's server is down, the last key set is
 * used for up to a day.
 */
export function keyOfPeer(issuer: string): JWTVerifyGetKey {
  return async (header, token) => {
    const peer = stateOf(issuer);
    if (nowInSeconds() - peer.fetchedAt > RENEW_AFTER) {
      const renewal = renew(issuer, peer);
      if (!isUsable(peer)) await renewal;
    }
    const find = async () => {
      if (!isUsable(peer)) throw new errors.JWKSNoMatchingKey();
      return createLocalJWKSet(peer.keys ?? { keys: [] })(header, token);
    };
    return find().catch(async (error: unknown) => {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await renew(issuer, peer); // the issuer may have rotated its keys
      return find();
    });
  };
}

function isUsable({ keys, fetchedAt }: PeerKeys): boolean {
  return keys !== undefined && nowInSeconds() - fetchedAt < MAX_AGE;
}

/** Fetches the keys. Parallel requests share one attempt. The next attempt is possible after RETRY_AFTER. */
async function renew(issuer: string, peer: PeerKeys): Promise<void> {
  if (!peer.pending && nowInSeconds() - peer.triedAt < RETRY_AFTER) return;
  peer.pending ??= fetchPeerKeys(issuer)
    .then((keys) => {
      Object.assign(peer, { keys, fetchedAt: nowInSeconds() });
    })
    .catch((error: unknown) => {
      const reason = quote(error instanceof Error ? error.message : error);
      log.warn({ step: "broker", issuer, reason }, "the keys of a trusted issuer cannot be fetched");
    })
    .finally(() => {
      peer.triedAt = nowInSeconds();
      peer.pending = undefined;
    });
  await peer.pending;
}

/**
 * Fetches an issuer's keys from the URL where a broker like this one publishes them. If that URL has no keys, fetches
 * them from the `jwks_uri` of the issuer's discovery document.
 *
 * @throws Error if the keys cannot be fetched; its message gives the reason
 */
export async function fetchPeerKeys(issuer: string): Promise<JSONWebKeySet> {
  const base = issuer.replace(/\/+$/, "");
  const direct = await fetchKeySet(`${base}/auth/v2/.well-known/jwks.json`).catch((error: unknown) => {
    if (error instanceof TypeError || error instanceof DOMException) throw error; // no connection, or a timeout
    return null;
  });
  if (direct) return direct;
  const document = await fetchObject(`${base}/.well-known/openid-configuration`);
  if (document.issuer !== issuer) throw new Error("the discovery document names a different issuer");
  const jwksUri = URL.parse(String(document.jwks_uri));
  const isSafe =
    jwksUri?.protocol === "https:" || (jwksUri && isLoopbackHttp(jwksUri) && isLoopbackHttp(new URL(issuer)));
  if (!jwksUri || !isSafe) throw new Error("the jwks_uri is not an https URL");
  return fetchKeySet(jwksUri.href);
}

async function fetchKeySet(url: string): Promise<JSONWebKeySet> {
  const { keys } = await fetchObject(url);
  if (!Array.isArray(keys)) throw new Error("the response is not a JWK Set");
  return { keys: keys.filter((key) => typeof key === "object" && key !== null) };
}

async function fetchObject(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    redirect: "manual",
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const text = await (await boundBody(response, MAX_BYTES)).text();
  if (response.status !== 200) throw new Error(`the server responded with ${response.status}`);
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error("the response is not a JSON object");
  return value;
}

function stateOf(issuer: string): PeerKeys {
  const peers = sharedState("keys of trusted issuers", () => new Map<string, PeerKeys>());
  const peer = peers.get(issuer) ?? { keys: undefined, fetchedAt: 0, triedAt: 0, pending: undefined };
  peers.set(issuer, peer);
  return peer;
}
