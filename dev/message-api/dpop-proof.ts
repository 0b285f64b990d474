import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from "jose";
import type { VerifiedToken } from "./token-verifier.ts";

/** An access token as it came: verified, under the scheme that it was presented with. */
interface Presented extends VerifiedToken {
  readonly scheme: string;
  readonly token: string;
  /** The API's origin. */
  readonly base: string;
}

/** What a token is bound to, and the request that it came with. */
interface BoundRequest {
  readonly request: IncomingMessage;
  /** The address of the resource, without query and fragment. */
  readonly url: string;
  readonly token: string;
  /** `cnf.jkt` of the token (RFC 9449, 6.1). */
  readonly thumbprint: string;
}

const MAX_AGE = 60; // seconds
const MAX_SEEN = 10_000;

/** Proofs that were used, by their `jti`, the oldest first. */
const seen = new Set<string>();

/** Whether a bound token comes with its proof (RFC 9449, 7.1 and 7.2), and a bearer token as one. */
export async function isRightfulSender(
  request: IncomingMessage,
  { thumbprint, scheme, token, base }: Presented,
): Promise<boolean> {
  if (/^bearer$/i.test(scheme)) return thumbprint === undefined;
  if (thumbprint === undefined) return false;
  const path = URL.parse(request.url ?? "/", base)?.pathname ?? "/";
  return hasProof({ request, url: base + path, token, thumbprint });
}

/**
 * Whether a request comes with a proof that its sender holds the key which the access token is bound to: every check of
 * RFC 9449, 4.3, and each proof is good once.
 */
async function hasProof({ request, url, token, thumbprint }: BoundRequest): Promise<boolean> {
  const proofs = request.headersDistinct.dpop ?? [];
  const [proof] = proofs;
  if (!proof || proofs.length > 1) return false;
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: "dpop+jwt",
      algorithms: ["ES256", "ES384", "EdDSA", "Ed25519", "PS256"],
      maxTokenAge: MAX_AGE,
      clockTolerance: 30,
      requiredClaims: ["jti", "htm", "htu", "ath"],
    });
    const jti = String(payload.jti);
    const fits =
      payload.htm === request.method &&
      withoutQuery(String(payload.htu)) === url &&
      payload.ath === createHash("sha256").update(token).digest("base64url") &&
      (await calculateJwkThumbprint(protectedHeader.jwk as JWK)) === thumbprint;
    if (!fits || seen.has(jti)) return false;
    seen.add(jti);
    if (seen.size > MAX_SEEN) seen.delete(seen.values().next().value ?? "");
    return true;
  } catch {
    return false;
  }
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*/, "");
}
