import { decodeJwt, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import type { Intercept } from "../../../dev/loopback.ts";
import { altered } from "./faults.ts";

type Claims = Record<string, unknown>;

/** How an ID token is forged. */
interface Forgery {
  /** Claims that replace the true ones; undefined removes one. */
  readonly claims?: Claims;
  /** Signed with a key of the provider's JWKS (the default), with another key under its `kid`, or not signed. */
  readonly signature?: "provider's" | "foreign" | "none";
}

/**
 * A provider that issues forged ID tokens. They are signed with a key that it publishes in addition to its own, so that
 * the forgery is their only fault.
 */
export async function forgedIdTokens({ claims = {}, signature = "provider's" }: Forgery): Promise<Intercept> {
  const kid = crypto.randomUUID();
  const [own, foreign] = await Promise.all([generateKeyPair("RS256"), generateKeyPair("RS256")]);
  const published = { ...(await exportJWK(own.publicKey)), kid, alg: "RS256", use: "sig" };
  const forge = async (idToken: string): Promise<string> => {
    const forged = withoutUndefined({ ...decodeJwt(idToken), ...claims });
    if (signature === "none") return new UnsecuredJWT(forged).encode();
    const { privateKey } = signature === "foreign" ? foreign : own;
    return new SignJWT(forged).setProtectedHeader({ alg: "RS256", kid }).sign(privateKey);
  };
  const token = altered("/token", async (body) =>
    typeof body.id_token === "string" ? { ...body, id_token: await forge(body.id_token) } : body,
  );
  const jwks = altered("/jwks", ({ keys }) => ({ keys: [...(keys as object[]), published] }));
  return async (...exchange) => (await token(...exchange)) || (await jwks(...exchange));
}

function withoutUndefined(claims: Claims): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}
