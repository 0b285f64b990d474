import type { ProviderPreset } from "./preset.ts";

export const authentik: ProviderPreset = {
  id: "authentik",
  name: "authentik",
  issuer: /\/application\/o\/[^/]+\/?$/,
  metadata: { field: "authorization_endpoint", value: /\/application\/o\/authorize\/$/ },
  issuerHow:
    "It is the OpenID Configuration Issuer of Applications → Providers → your provider: https://your-host/application/o/your-app/.",
  issuerPaths: [],
  settings: {
    OIDC_ISSUER: "https://authentik.example.com/application/o/my-app/",
    OIDC_CLIENT_ID: "the-client-id",
    OIDC_CLIENT_SECRET: "…",
    OIDC_SCOPE: "openid profile email offline_access permissions",
    OIDC_AUDIENCE: "the-client-id",
  },
  console: {
    clientId: "Applications → Providers → your provider → Edit → Client ID",
    clientSecret:
      "Applications → Providers → your provider → Edit → Client Secret (with Client type Confidential)",
    callbackUrl: "Applications → Providers → your provider → Edit → Redirect URIs/Origins, as Strict",
    logoutUrl:
      "Applications → Providers → your provider → Edit → Redirect URIs/Origins, as a logout URL (from 2026.2; earlier versions need a redirect stage in the Invalidation flow)",
    clientAuthentication:
      "Applications → Providers → your provider → Edit → Client type (Confidential for a secret, Public for none)",
    scopes: "Applications → Providers → your provider → Edit → Advanced protocol settings → Scopes",
  },
  clientKey: {
    by: "none",
    how: "authentik accepts only client secrets for a login: set OIDC_CLIENT_SECRET, and remove OIDC_CLIENT_AUTH and OIDC_CLIENT_PRIVATE_KEY.",
  },
  audience: {
    by: "console",
    how: "authentik ignores the parameter: the audience of its access tokens is the Client ID of Applications → Providers → your provider. Configure the API to expect it. For the message API of npm run dev, set OIDC_AUDIENCE to it.",
  },
  refresh: {
    by: "offline_access",
    how: "Keep offline_access in OIDC_SCOPE, and select the scope mapping of that name in Applications → Providers → your provider → Edit → Advanced protocol settings → Scopes.",
  },
  logOut: {
    by: "id_token_hint",
    how: "If logout URLs are registered, authentik requires an ID token at logout, which the app sends. Otherwise the provider's Invalidation flow decides what people see.",
  },
  signUp: {
    by: "its login page",
    how: "Set an Enrollment flow in the identification stage of the authentication flow. The login page then links to it.",
  },
  groups:
    "The scope profile includes the claim groups. Other claims need a scope mapping (Customization → Property Mappings) that is selected in the provider's Scopes.",
  pkce: "announced",
  peculiarities: [
    "Without a Signing Key (Protocol settings), ID tokens are signed with the client secret (HS256). The app rejects them.",
    "With an Encryption Key (Protocol settings), tokens are encrypted. The app cannot read them, so leave it empty.",
    "Its issuer ends in a slash. With Issuer mode Same identifier, it is the host's root.",
  ],
};
