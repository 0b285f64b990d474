import type { ProviderPreset } from "./preset.ts";

export const civic: ProviderPreset = {
  id: "civic",
  name: "Civic Auth",
  issuer: /^https:\/\/auth[a-z-]*\.civic\.com(\/|$)/,
  metadata: null,
  issuerHow: "It is https://auth.civic.com/oauth for every app.",
  issuerPaths: ["/oauth"],
  settings: {
    OIDC_ISSUER: "https://auth.civic.com/oauth",
    OIDC_CLIENT_ID: "…",
    OIDC_AUTHORIZATION_PARAMS: "prompt=consent",
  },
  console: {
    clientId: "auth.civic.com → your app → Client ID",
    clientSecret: "auth.civic.com → your app → Security → Generate Client Secret",
    callbackUrl:
      "auth.civic.com → your app → Domains (with the origin; in Sandbox mode the list may stay empty)",
    logoutUrl: "auth.civic.com → your app → Domains",
    clientAuthentication:
      "auth.civic.com → your app → Security (usually without a client secret; PKCE is enough)",
    scopes: null,
  },
  clientKey: {
    by: "none",
    how: "Civic documents only PKCE and client secrets: remove OIDC_CLIENT_AUTH and OIDC_CLIENT_PRIVATE_KEY.",
  },
  audience: {
    by: "none",
    how: "Civic issues access tokens for its own endpoints. Remove OIDC_AUDIENCE and OIDC_RESOURCE. Your API can call Civic's userinfo endpoint to find out whom a token belongs to.",
  },
  refresh: {
    by: "offline_access and prompt=consent",
    how: 'Civic issues a refresh token only for offline_access with prompt=consent: OIDC_AUTHORIZATION_PARAMS="prompt=consent". According to its documentation, the console needs no further setting.',
  },
  logOut: { by: "standard", how: "The logout URL may have to be within one of the app's Domains." },
  signUp: { by: "its login page", how: "The first login creates the account. There is no separate signup." },
  groups: "None.",
  pkce: "announced",
  peculiarities: [
    "A client usually has no secret and must use PKCE: remove OIDC_CLIENT_SECRET.",
    "It uses its own error codes: INVALID_CLIENT_ID, INVALID_REDIRECT_URI, INVALID_SCOPES.",
  ],
};
