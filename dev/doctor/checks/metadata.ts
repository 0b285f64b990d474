import { importJWK, type JWK } from "jose";
import { getProviderKeys, PROVIDER_ALGORITHMS, toLoginError } from "../../../lib/auth/provider/index.ts";
import { SETTING_NAMES } from "../../../lib/settings.ts";
import { endpointError, error, ok, type ProviderContext, type Result, warning } from "../check.ts";
import { advice } from "../presets/presets.ts";
import type { Tell } from "../report/foreign-text.ts";

const MIN_RSA_BITS = 2048;

/** The check "Provider metadata" for a document that the app rejects. @returns an error for each invalid endpoint */
export function rejectedEndpoints(refused: object, tell: Tell): Result[] {
  return Object.entries(refused).map(([field, url]) => {
    const setting = `OIDC_${field.toUpperCase()}`;
    const how = "announce an https URL (behind a proxy, a provider often needs its public URL as a setting)";
    return error(
      `${field} is not ${URL.canParse(String(url)) ? "an https" : "a"} URL: ${tell(url)}.`,
      `Configure the provider to ${how}${SETTING_NAMES.includes(setting) ? `, or set ${setting}` : ""}.`,
    );
  });
}

/** The check "Provider metadata": whether the provider supports what the app needs. */
export function checkMetadata({ metadata, settings }: ProviderContext): Result[] {
  const { oidc } = settings;
  const problems: Result[] = [];
  const need = (field: string, value: string, fix: string) => {
    const isLacking = Array.isArray(metadata[field]) && !metadata[field].includes(value);
    if (isLacking) problems.push(error(`The provider does not announce ${value} in ${field}.`, fix));
  };
  need("response_types_supported", "code", "Turn the authorization code flow on, or use another provider.");
  need("grant_types_supported", "authorization_code", "Turn the authorization code flow on for the tenant.");
  if (oidc.responseMode === "form_post")
    need("response_modes_supported", "form_post", "Remove OIDC_RESPONSE_MODE.");
  // part: fapi
  if (oidc.par && !metadata.pushed_authorization_request_endpoint) {
    const seen = "The provider announces no endpoint for pushed requests, which OIDC_PAR requires.";
    problems.push(error(seen, "Remove OIDC_PAR."));
  }
  // end part: fapi
  if (problems.length > 0) return problems;
  const seen = "The authorization endpoint, the token endpoint and the keys are announced.";
  const noUserinfo = " There is no userinfo endpoint, so the app uses the claims of the ID token.";
  return [ok(metadata.userinfo_endpoint ? seen : seen + noUserinfo)];
}

/** The check "PKCE": whether the provider supports the method S256 (RFC 7636), which every login uses. */
export function checkPkce({ metadata, settings, preset }: ProviderContext): Result {
  const methods = metadata.code_challenge_methods_supported;
  if (methods?.includes("S256")) return ok("The provider announces the method S256.");
  if (methods && methods.length > 0) {
    const seen = "The provider announces PKCE, but not the method S256, which the app uses.";
    return error(seen, "Turn S256 on for the tenant or the client.");
  }
  if (preset?.pkce === "unannounced") return ok(`${preset.name} does not announce PKCE, but supports it.`);
  let isSafe = settings.oidc.clientSecret !== undefined;
  isSafe ||= settings.oidc.clientKey !== undefined; // part: fapi
  if (isSafe) return ok("PKCE is not announced. The app uses it anyway. A provider without PKCE ignores it.");
  return warning(
    "The provider does not announce PKCE (code_challenge_methods_supported), and the client has no secret.",
    "Make sure that the provider supports PKCE with S256, or register a client with a secret. Otherwise anyone can use an intercepted code.",
  );
}

/** The check "Signing keys": whether the keys (RFC 7517) can be fetched, and one fits an algorithm for ID tokens. */
export async function checkKeys({ metadata, preset, tell, wire }: ProviderContext): Promise<Result> {
  let keys: readonly JWK[];
  try {
    ({ keys } = await getProviderKeys(metadata.jwks_uri));
  } catch (thrown) {
    const { message, detail } = toLoginError(thrown, "key request");
    const answer = wire.last(metadata.jwks_uri);
    const reason = answer?.redirect ? answer.outcome : tell(detail.cause ?? message);
    return endpointError("jwks_uri", `The keys at ${tell(metadata.jwks_uri)} cannot be fetched: ${reason}.`);
  }
  const announced = metadata.id_token_signing_alg_values_supported ?? ["RS256"];
  const algorithms = announced.filter((algorithm) => PROVIDER_ALGORITHMS.includes(algorithm));
  if (algorithms.length === 0) {
    const seen = `ID tokens are signed with ${tell(announced.join(", "))}. The app accepts none of these algorithms.`;
    const how = "Configure the provider to sign ID tokens for this client with RS256 or ES256.";
    return error(seen, how, advice(preset, preset?.signingHow));
  }
  if (keys.some(({ d }) => d !== undefined)) {
    const seen = "The provider publishes a private key: anyone can sign tokens with it.";
    return error(seen, "Revoke that key immediately.");
  }
  const signing = keys.filter(({ use, kty }) => (use === undefined || use === "sig") && kty !== "oct");
  const fitting = await Promise.all(signing.map((key) => fits(key, algorithms)));
  const usable = signing.filter((_, index) => fitting[index]);
  if (usable.length === 0) {
    const listed = new Intl.ListFormat("en-GB", { type: "disjunction" }).format(algorithms);
    const useless = `No published key can verify signatures with ${listed}.`;
    const seen = keys.length === 0 ? "The provider publishes no keys." : useless;
    const how = "Configure the provider to publish its signing keys. RSA keys need at least 2048 bits.";
    return error(seen, how);
  }
  const nameless = usable.filter(({ kid }) => kid === undefined).length;
  if (nameless > 1) {
    const seen = `${nameless} keys have no kid, so the app may reject ID tokens that are signed with them.`;
    return warning(seen, "Configure the provider to give each key a kid.");
  }
  const count = usable.length === 1 ? "One key" : `${usable.length} keys`;
  return ok(`${count} can verify signatures (${tell(algorithms.join(", "))}).`);
}

async function fits(key: JWK, algorithms: readonly string[]): Promise<boolean> {
  if (key.kty === "RSA" && (key.n ?? "").length * 6 < MIN_RSA_BITS - 6) return false;
  // For an Ed25519 key, EdDSA (RFC 8037) and Ed25519 (RFC 9864) are two names of the same algorithm.
  const isEd = (name: string) => name === "EdDSA" || name === "Ed25519";
  const { alg } = key;
  const candidates = algorithms.filter((name) => !alg || name === alg || (isEd(name) && isEd(alg)));
  const imported = await Promise.allSettled(candidates.map((name) => importJWK(key, name)));
  return imported.some(({ status }) => status === "fulfilled"); // importJWK rejects other types and curves
}
