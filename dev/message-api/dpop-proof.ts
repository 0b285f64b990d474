import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from "jose";
import type { VerifiedToken } from "./token-verifier.ts";

const MAX_USED = 10_000;

/** The `jti` claims of the last accepted proofs, oldest first. The API accepts each proof only once. */
const used = new Set<string>();

/**
 * Returns whether the sender of a request may use the access token in it. A bearer token needs the scheme `Bearer`. A
 * token that is bound to a key needs the scheme `DPoP`, and a proof in the request that the sender has the key
 * (RFC 9449, 7.1 and 7.2). The proof must pass every check of RFC 9449, 4.3.
 * @param sent the content of the verified token, the `scheme` and `token` of the request, and `base`, the API's origin
 */
export async function isRightfulSender(
  request: IncomingMessage,
  sent: VerifiedToken & Readonly<Record<"scheme" | "token" | "base", string>>,
): Promise<boolean> {
  const { thumbprint, scheme, token, base } = sent;
  if (/^bearer$/i.test(scheme)) return thumbprint === undefined;
  const [proof, ...others] = request.headersDistinct.dpop ?? [];
  if (thumbprint === undefined || !proof || others.length > 0) return false;
  const pathname = URL.parse(request.url ?? "/", base)?.pathname;
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: "dpop+jwt",
      algorithms: ["ES256", "ES384", "EdDSA", "Ed25519", "PS256"],
      maxTokenAge: 60, // seconds
      clockTolerance: 30,
      requiredClaims: ["jti", "htm", "htu", "ath"],
    });
    const jti = String(payload.jti);
    const fits =
      payload.htm === request.method &&
      String(payload.htu).replace(/[?#].*/, "") === base + pathname &&
      payload.ath === createHash("sha256").update(token).digest("base64url") &&
      (await calculateJwkThumbprint(protectedHeader.jwk as JWK)) === thumbprint;
    if (!fits || used.has(jti)) return false;
    used.add(jti);
    if (used.size > MAX_USED) used.delete(used.values().next().value ?? "");
    return true;
  } catch {
    return false;
  }
}
