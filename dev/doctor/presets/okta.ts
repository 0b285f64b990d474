import type { ProviderPreset } from "./preset.ts";

export const okta: ProviderPreset = {
  id: "okta",
  name: "Okta",
  issuer: /^https:\/\/[^/]+\.(okta|oktapreview|okta-emea)\.com(\/|$)/,
  metadata: { field: "authorization_endpoint", value: /\/oauth2(\/[^/]+)?\/v1\/authorize$/ },
  issuerHow:
    "It is the Issuer URI of Security → API → Authorization Servers, for example https://your-org.okta.com/oauth2/default.",
  issuerPaths: ["/oauth2/default"],
  settings: {
    OIDC_ISSUER: "https://your-org.okta.com/oauth2/default",
    OIDC_CLIENT_ID: "…",
    OIDC_CLIENT_SECRET: "…",
    OIDC_AUDIENCE: "api://default",
  },
  console: {
    clientId: "Applications → your app → General → Client Credentials → Client ID",
    clientSecret: "Applications → your app → General → Client Credentials → CLIENT SECRETS",
    callbackUrl: "Applications → your app → General → LOGIN → Sign-in redirect URIs",
    logoutUrl: "Applications → your app → General → LOGIN → Sign-out redirect URIs",
    clientAuthentication: "Applications → your app → General → Client Credentials → Client authentication",
    scopes: "Security → API → Authorization Servers → your server → Scopes, and Access Policies",
  },
  clientKey: {
    by: "registration",
    how: "Choose Public key / Private key in Applications → your app → General → Client Credentials → Client authentication, and Add key.",
  },
  audience: {
    by: "console",
    how: "Okta ignores the parameter: every token of an authorization server has its Audience (Security → API → Authorization Servers → your server → Settings; Default Audience if there are several). Set OIDC_AUDIENCE to it for the message API of npm run dev.",
  },
  refresh: {
    by: "offline_access",
    how: "Select Refresh Token in Applications → your app → General → Grant type, and allow offline_access in the authorization server's Access Policies.",
  },
  logOut: {
    by: "id_token_hint",
    how: "Okta requires an ID token at logout, which the app sends. Without one, it does not check the URL.",
  },
  signUp: {
    by: "its login page",
    how: "Set Security → Profile Enrollment (or User Profile Policies) → Self-service registration to Allowed. The login page then links to it.",
  },
  groups:
    "Security → API → Authorization Servers → default → Claims → Add Claim: permissions, Access Token, value type Groups, Matches regex read:admin-messages.",
  pkce: "announced",
  peculiarities: [
    "Access tokens of the org's own server (an issuer without /oauth2/…) are only for Okta's APIs.",
    "People can log in only if the app is assigned to them (Assignments) and an Access Policy has a rule for it.",
    "An app with DPoP required (General → Proof of possession) needs OIDC_DPOP=true.",
  ],
};
