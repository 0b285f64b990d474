import type { TokenSet } from "../../lib/auth/provider/index.ts";

/** Makes a JWT with an invalid signature, for code that does not verify signatures. */
export function unsignedJwt(claims: object, header: object = { alg: "RS256" }): string {
  const parts = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  return [...parts, "c2lnbmF0dXJl"].join(".");
}

type LoginTokens = TokenSet & { idToken: string; idTokenClaims: Record<string, unknown> };

/** Makes the tokens of a login, in the form in which lib/auth/provider returns them. */
export function tokenSet(changes: Partial<LoginTokens> = {}): LoginTokens {
  const { idToken = unsignedJwt({ iss: "https://idp.example.com", sub: "alice", name: "Alice" }) } = changes;
  return {
    accessToken: "access-token-0",
    accessTokenExpiresAt: Math.floor(Date.now() / 1000) + 3600,
    idToken,
    idTokenClaims: JSON.parse(Buffer.from(idToken.split(".")[1] ?? "", "base64url").toString()),
    refreshToken: "refresh-token-0",
    scope: "openid profile",
    ...changes,
  };
}
