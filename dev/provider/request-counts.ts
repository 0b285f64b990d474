import type { KoaContextWithOIDC, Provider } from "oidc-provider";

/** Requests for each endpoint. Failed requests are included; requests that the `intercept` hook answers are not. */
export interface RequestCounts {
  discovery: number;
  jwks: number;
  authorization: number;
  token: { authorization_code: number; refresh_token: number };
  userinfo: number;
  endSession: number;
  revocation: number;
}

type Middleware = Parameters<Provider["use"]>[0];

export function zeroCounts(): RequestCounts {
  return {
    discovery: 0,
    jwks: 0,
    authorization: 0,
    token: { authorization_code: 0, refresh_token: 0 },
    userinfo: 0,
    endSession: 0,
    revocation: 0,
  };
}

/** Counts requests by the route that answers them, before the answer is sent. */
export function countRequests(counts: RequestCounts): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } finally {
      count(counts, ctx.oidc);
    }
  };
}

function count(
  counts: RequestCounts,
  oidc: (KoaContextWithOIDC["oidc"] & { body?: unknown }) | undefined,
): void {
  switch (oidc?.route) {
    case "discovery":
    case "jwks":
    case "authorization":
    case "userinfo":
    case "revocation":
      counts[oidc.route] += 1;
      break;
    case "end_session":
      counts.endSession += 1;
      break;
    case "token": {
      const grantType = String(oidc.params?.grant_type);
      if (grantType === "authorization_code" || grantType === "refresh_token") counts.token[grantType] += 1;
      break;
    }
  }
}
