import type { ProviderPreset } from "./preset.ts";

export const zitadel: ProviderPreset = {
  id: "zitadel",
  name: "Zitadel",
  issuer: /^https:\/\/[^/]+\.zitadel\.(cloud|app)\/?$/,
  metadata: { field: "authorization_endpoint", value: /\/oauth\/v2\/authorize$/ },
  issuerHow: "It is the domain of your instance, for example https://your-instance.eu1.zitadel.cloud.",
  issuerPaths: [],
  settings: {
    OIDC_ISSUER: "https://your-instance.zitadel.cloud",
    OIDC_CLIENT_ID: "…",
    OIDC_CLIENT_SECRET: "…",
    OIDC_SCOPE: "openid profile email offline_access urn:zitadel:iam:org:project:id:69234237810729019:aud",
    OIDC_AUDIENCE: "69234237810729019",
    OIDC_SIGNUP_PARAMS: "prompt=create",
  },
  console: {
    clientId: "Projects → your project → your application → Client Id",
    clientSecret:
      "Projects → your project → your application → Actions → Regenerate Client Secret (shown once)",
    callbackUrl: "Projects → your project → your application → Redirect Settings → Redirect URIs",
    logoutUrl: "Projects → your project → your application → Redirect Settings → Post Logout URIs",
    clientAuthentication:
      "Projects → your project → your application → OIDC Configuration → Authentication Method",
    scopes: null,
  },
  clientKey: {
    by: "registration",
    how: "Choose Private Key JWT as the Authentication Method of your application (Projects → your project → your application), add a key there, and set OIDC_CLIENT_PRIVATE_KEY to that key as a JWK, with its keyId as kid.",
  },
  audience: {
    by: "scope",
    how: "Zitadel selects the API by scopes: add urn:zitadel:iam:org:project:id:PROJECT_ID:aud to OIDC_SCOPE, with the Resource Id that Projects → your project shows. OIDC_AUDIENCE only tells the message API of npm run dev what to expect: the project's id.",
  },
  refresh: {
    by: "offline_access",
    how: "Select Refresh Token in Projects → your project → your application → OIDC Configuration → Grant Types.",
  },
  logOut: { by: "standard", how: "The URL must match exactly, including the slash at its end." },
  signUp: {
    by: "prompt=create",
    how: 'Set OIDC_SIGNUP_PARAMS="prompt=create", and turn on Register allowed in the Login Behavior and Security settings.',
  },
  groups:
    "Project roles are in the claim urn:zitadel:iam:org:project:roles, an object. An Action (Complement Token, Pre access token creation) can add a claim such as permissions.",
  pkce: "announced",
  peculiarities: [
    "Auth Token Type must be JWT (Token Settings) for an API that reads the access token.",
    "http redirect URIs need Development Mode (Redirect Settings).",
    "The Authentication Method (POST, Basic, None, Private Key JWT) must be the one that the app uses.",
  ],
};
