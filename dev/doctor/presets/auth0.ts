import type { ProviderPreset } from "./preset.ts";

export const auth0: ProviderPreset = {
  id: "auth0",
  name: "Auth0",
  issuer: /^https:\/\/[^/]+\.auth0\.com\/?$/,
  metadata: { field: "mfa_challenge_endpoint", value: /\/mfa\/challenge$/ },
  issuerHow: "Applications → your app → Settings → Domain, with https:// in front; or your custom domain.",
  issuerPaths: [],
  settings: {
    OIDC_ISSUER: "https://your-tenant.us.auth0.com",
    OIDC_CLIENT_ID: "…",
    OIDC_CLIENT_SECRET: "…",
    OIDC_AUDIENCE: "https://api.example.com",
  },
  console: {
    clientId: "Applications → your app → Settings → Client ID",
    clientSecret: "Applications → your app → Settings → Client Secret",
    callbackUrl: "Applications → your app → Settings → Allowed Callback URLs",
    logoutUrl: "Applications → your app → Settings → Allowed Logout URLs",
    clientAuthentication: "Applications → your app → Credentials → Authentication Methods",
    scopes: "Applications → APIs → your API → Permissions",
  },
  clientKey: {
    by: "registration",
    how: "Choose Private Key JWT in Applications → your app → Credentials → Authentication Methods, and Add New Credential with the public key (RSA; RS256, RS384 or PS256). It needs the Enterprise plan.",
  },
  audience: {
    by: "audience",
    how: "Set OIDC_AUDIENCE to the Identifier of your API (Applications → APIs → your API → Settings); without it the access token is opaque.",
  },
  refresh: {
    by: "offline_access",
    how: "Turn on Allow Offline Access in Applications → APIs → your API → Settings, and the grant type Refresh Token in your app's Advanced Settings.",
  },
  logOut: {
    by: "standard",
    how: "The app uses /v2/logout unless RP-Initiated Logout End Session Endpoint Discovery is on in the tenant's Settings → Advanced.",
  },
  signUp: {
    by: "screen_hint",
    how: "Works out of the box, unless Disable Sign Ups is on in Authentication → Database → your connection.",
  },
  groups:
    "Permissions: Enable RBAC and Add Permissions in the Access Token, in the API's settings. Other claims: an Action that sets a claim whose name is a URL.",
  pkce: "announced",
  peculiarities: [
    "Its issuer ends in a slash. OIDC_ISSUER may omit it.",
    "The answer to a wrong client secret is access_denied and Unauthorized instead of invalid_client.",
    "The answer to an unknown API is access_denied and Service not found.",
    "The app type must be Regular Web Application for a client with a secret.",
  ],
};
