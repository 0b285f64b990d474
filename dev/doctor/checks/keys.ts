import { importJWK, type JWK } from "jose";
import { getProviderKeys, PROVIDER_ALGORITHMS, toLoginError } from "../../../lib/auth/provider/index.ts";
import { advice, type ProviderContext } from "../context.ts";
import { error, ok, type Result, warning } from "../report/finding.ts";
import { describeStatus, redirectOf } from "./wire.ts";

const MIN_RSA_BITS = 2048;

/** The check "Signing keys": the keys (RFC 7517) can be fetched, and at least one fits an announced algorithm. */
export async function checkKeys(context: ProviderContext): Promise<{ result: Result; usable: boolean }> {
  const { metadata, tell, wire } = context;
  let keys: readonly JWK[];
  try {
    keys = (await getProviderKeys(String(metadata.jwks_uri))).keys;
  } catch (thrown) {
    const failure = toLoginError(thrown, "key request");
    const answer = wire.last(metadata.jwks_uri);
    const redirect = answer && redirectOf(answer) && describeStatus(answer, tell);
    const reason = redirect ?? tell(failure.detail.cause ?? failure.message);
    const seen = `The keys at ${tell(metadata.jwks_uri)} cannot be fetched: ${reason}.`;
    const fix =
      "Check OIDC_JWKS_URI, or the discovery document's jwks_uri, and any proxy or firewall on the way to the provider.";
    return { result: error(seen, fix), usable: false };
  }
  return { result: await judge(keys, context), usable: true };
}

async function judge(keys: readonly JWK[], { metadata, preset, tell }: ProviderContext): Promise<Result> {
  const announced = metadata.id_token_signing_alg_values_supported ?? ["RS256"];
  const algorithms = announced.filter((algorithm) => PROVIDER_ALGORITHMS.includes(algorithm));
  if (algorithms.length === 0) {
    const seen = `ID tokens are signed with ${tell(announced.join(", "))}. The app accepts none of these algorithms.`;
    const how = "Configure the provider to sign ID tokens for this client with RS256 or ES256.";
    return error(seen, how, ...advice(preset, preset?.signingHow));
  }
  if (keys.some(({ d }) => d !== undefined)) {
    const seen = "The provider publishes a private key: anyone can sign tokens with it.";
    return error(seen, "Revoke that key immediately.");
  }
  const signing = keys.filter(({ use, kty }) => (use === undefined || use === "sig") && kty !== "oct");
  const fitting = await Promise.all(signing.map((key) => fits(key, algorithms)));
  const usable = signing.filter((_, index) => fitting[index]);
  if (usable.length === 0) {
    const seen = `None of the ${keys.length} published keys is for ${algorithms.join(", ")}.`;
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
  // EdDSA (RFC 8037) and Ed25519 (RFC 9864) are two names of the same algorithm.
  const isEd = (name: string) => name === "EdDSA" || name === "Ed25519";
  const { alg } = key;
  const candidates = algorithms.filter((name) => !alg || name === alg || (isEd(name) && isEd(alg)));
  const imported = await Promise.allSettled(candidates.map((name) => importJWK(key, name)));
  return imported.some(({ status }) => status === "fulfilled"); // importJWK rejects other types and curves
}
