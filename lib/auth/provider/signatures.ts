import { type CompactVerifyGetKey, compactVerify, createLocalJWKSet, errors, type JSONWebKeySet } from "jose";
import { quote } from "../../log.ts";
import { ID_TOKEN_CHECK, LoginError } from "../errors.ts";
import { type Claims, decodeJwt, PROVIDER_ALGORITHMS, parseObject, withoutNulls } from "./jwt.ts";
import { getNewestProviderKeys, getProviderKeys } from "./keys.ts";

/** An encrypted token has five parts (RFC 7516, 9); openid-client refuses it with words of its own. */
const ENCRYPTED = /^[^.]*(\.[^.]*){4}$/;

const ID_TOKEN = { what: "ID token", detail: { check: ID_TOKEN_CHECK } };

/** What is verified, for messages and the log. */
interface Signed {
  readonly what: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** Seconds for which the keys are not fetched again for an unknown `kid`. */
  readonly keysLastFor?: number;
}

/**
 * Verifies what the provider has signed (RFC 7515): an ID token, userinfo or a logout token. For a `kid` that is not
 * among the known keys they are fetched again, so that a rotation of the provider's keys fails no login.
 *
 * @returns header and claims
 * @throws LoginError `invalid_response` for a bad token; `provider_unavailable` where the keys cannot be fetched
 */
export async function verifySignature(
  token: string,
  jwksUri: string,
  { what, detail, keysLastFor }: Signed,
): Promise<{ header: Claims; claims: Claims }> {
  const verifyWith = (keys: JSONWebKeySet) => {
    const findKey = createLocalJWKSet(keys);
    const getKey: CompactVerifyGetKey = (header) => findKey(withoutNulls(header));
    return compactVerify(token, getKey, { algorithms: [...PROVIDER_ALGORITHMS] });
  };
  try {
    await getProviderKeys(jwksUri)
      .then(verifyWith)
      .catch(async (error) => {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        return verifyWith(await getNewestProviderKeys(jwksUri, keysLastFor));
      });
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    // jose's messages can contain names chosen by the sender, so they are quoted.
    const message = `the ${what} is not acceptable: ${quote(error.message)}`;
    throw new LoginError("invalid_response", message, { ...detail, code: error.code });
  }
  const decoded = decodeJwt(token);
  if (!decoded) throw new LoginError("invalid_response", `the ${what} holds no claims`, detail);
  return decoded;
}

/**
 * An answer of the provider in the form that openid-client reads: every signature in it is verified, and no claim of a
 * signed part is null. `signed_id_token` is then the ID token as it came.
 *
 * @throws LoginError as {@link verifySignature}
 */
export async function verifyAnswer(response: Response, jwksUri: string): Promise<Response> {
  if (response.status !== 200) return response;
  const text = await response.text();
  const isJwt = /^application\/jwt\b/i.test(response.headers.get("content-type") ?? "");
  if (isJwt) return new Response(await verifiedPart(text, jwksUri, { what: "userinfo" }), response);
  const answer = parseObject(text);
  if (typeof answer?.id_token !== "string") return new Response(text || null, response);
  const { id_token: signed_id_token } = answer;
  const id_token = await verifiedPart(signed_id_token, jwksUri, ID_TOKEN);
  return new Response(JSON.stringify({ ...answer, id_token, signed_id_token }), response);
}

/** A JWT whose signature was verified, with its claims as {@link verifySignature} gives them. */
async function verifiedPart(token: string, jwksUri: string, signed: Signed): Promise<string> {
  if (ENCRYPTED.test(token)) return token;
  const { claims } = await verifySignature(token, jwksUri, signed);
  const [header, , signature] = token.split(".");
  return [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
}
