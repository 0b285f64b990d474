import { importJWK, type JWK } from "jose";
import { isLoginError } from "../../../lib/auth/errors.ts";
import { getProviderKeys, PROVIDER_ALGORITHMS, toLoginError } from "../../../lib/auth/provider/index.ts";
import type { ProviderContext } from "../context.ts";
import { error, ok, type Result, warning } from "../report/finding.ts";
import { describeStatus, redirectOf } from "./wire.ts";

const MIN_RSA_BITS = 2048;

/** "Signing keys": they can be had, and one of them fits an algorithm that the provider signs with (RFC 7517). */
export async function checkKeys(context: ProviderContext): Promise<{ result: Result; usable: boolean }> {
  const { metadata, tell, wire } = context;
  let keys: readonly JWK[];
  try {
    keys = (await getProviderKeys(String(metadata.jwks_uri))).keys;
  } catch (thrown) {
    const failure = isLoginError(thrown) ? thrown : toLoginError(thrown, "key request");
    const answer = wire.last(metadata.jwks_uri);
    const said =
      answer && redirectOf(answer)
        ? describeStatus(answer, tell)
        : tell(failure.detail.cause ?? failure.message);
    return {
      result: error(
        `The keys at ${tell(metadata.jwks_uri)} cannot be had: ${said}.`,
        "See OIDC_JWKS_URI, or the discovery document's jwks_uri, and that it can be reached from here.",
      ),
      usable: false,
    };
  }
  return { result: await judge(keys, context), usable: true };
}

async function judge(keys: readonly JWK[], { metadata, preset, tell }: ProviderContext): Promise<Result> {
  const announced = metadata.id_token_signing_alg_values_supported ?? ["RS256"];
  const algorithms = announced.filter((algorithm) => PROVIDER_ALGORITHMS.includes(algorithm));
  if (algorithms.length === 0) {
    const how =
      preset?.peculiarities
        .filter((text) => text.includes("HS256"))
        .map((text) => `${preset.name}: ${text}`) ?? [];
    return error(
      `ID tokens are signed with ${tell(announced.join(", "))}, none of which the app takes.`,
      "Have the provider sign ID tokens for this client with RS256 or ES256.",
      ...how,
    );
  }
  if (keys.some(({ d }) => d !== undefined)) {
    return error(
      "The provider publishes a private key: anybody can sign tokens with it.",
      "Have that key revoked at once.",
    );
  }
  const signing = keys.filter(({ use, kty }) => (use === undefined || use === "sig") && kty !== "oct");
  const fitting = await Promise.all(signing.map(async (key) => ((await fits(key, algorithms)) ? [key] : [])));
  const usable = fitting.flat();
  if (usable.length === 0) {
    return error(
      `None of the ${keys.length} published keys is one for ${algorithms.join(", ")}.`,
      "Have the provider publish its signing keys, RSA ones of 2048 bits or more.",
    );
  }
  const nameless = usable.filter(({ kid }) => kid === undefined);
  if (nameless.length > 1) {
    return warning(
      `${nameless.length} keys have no kid: a signature by one of them may be refused.`,
      "Have the provider give each key a kid.",
    );
  }
  const count = usable.length === 1 ? "One key" : `${usable.length} keys`;
  return ok(`${count} to check signatures with (${tell(algorithms.join(", "))}).`);
}

async function fits(key: JWK, algorithms: readonly string[]): Promise<boolean> {
  if (key.kty === "RSA" && (key.n ?? "").length * 6 < MIN_RSA_BITS - 6) return false;
  const fitting = key.alg
    ? algorithms.filter((algorithm) => algorithm === key.alg || isEd(algorithm, key.alg))
    : algorithms;
  const imported = await Promise.allSettled(
    fitting.filter((name) => isFor(name, key)).map((name) => importJWK(key, name)),
  );
  return imported.some(({ status }) => status === "fulfilled");
}

/** Two names for one thing: RFC 8037 and RFC 9864. */
function isEd(one: string, other: string | undefined): boolean {
  return [one, other].every((name) => name === "EdDSA" || name === "Ed25519");
}

const CURVES: Readonly<Record<string, string>> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };

function isFor(algorithm: string, { kty, crv }: JWK): boolean {
  if (/^[RP]S/.test(algorithm)) return kty === "RSA";
  if (algorithm in CURVES) return kty === "EC" && crv === CURVES[algorithm];
  return kty === "OKP" && crv === "Ed25519";
}
