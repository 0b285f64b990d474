import type { ProviderPreset } from "./preset.ts";

export const civic: ProviderPreset = {
  id: "civic",
  name: "Civic Auth",
  issuer: /^https:\/\/auth[a-z-]*\.civic\.com(\/|$)/,
  metadata: null,
  issuerHow: "It is https://auth.civic.com/oauth for everybody.",
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
      "auth.civic.com → your app → Security (without a client secret PKCE alone does, which is the usual way)",
    scopes: null,
  },
  clientKey: {
    by: "none",
    how: "Civic documents PKCE and client secrets alone: leave OIDC_CLIENT_AUTH and OIDC_CLIENT_PRIVATE_KEY out.",
  },
  audience: {
    by: "none",
    how: "Civic issues access tokens for its own endpoints. Leave OIDC_AUDIENCE and OIDC_RESOURCE out; an API of yours can ask Civic's userinfo whose a token is.",
  },
  refresh: {
    by: "offline_access and prompt=consent",
    how: 'Civic issues a refresh token for offline_access with prompt=consent only: OIDC_AUTHORIZATION_PARAMS="prompt=consent". Its documentation has nothing to switch on.',
  },
  logOut: { by: "standard", how: "The log-out URL may have to lie within one of the app's Domains." },
  signUp: { by: "its login page", how: "The first log-in makes the account; there is no separate sign-up." },
  groups: "None.",
  pkce: "announced",
  peculiarities: [
    "PKCE is required of a client without a secret, which is the usual one: leave OIDC_CLIENT_SECRET out.",
    "Its own names for refusals: INVALID_CLIENT_ID, INVALID_REDIRECT_URI, INVALID_SCOPES.",
  ],
};
