/** An unsigned JWT: what the code reads once a signature was checked elsewhere. */
export function unsignedJwt(claims: object, header: object = { alg: "RS256" }): string {
  return [header, claims].map(base64url).concat("c2lnbmF0dXJl").join(".");
}

/** The tokens of a finished login, as the provider's module hands them on. */
export function tokenSet(changes: Partial<TokenSetLike> = {}): TokenSetLike {
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

interface TokenSetLike {
  accessToken: string;
  accessTokenExpiresAt: number | null;
  idToken: string;
  idTokenClaims: Record<string, unknown>;
  refreshToken: string | null;
  scope: string | null;
}

function base64url(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
