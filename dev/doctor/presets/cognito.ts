import type { ProviderPreset } from "./preset.ts";

export const cognito: ProviderPreset = {
  id: "cognito",
  name: "Amazon Cognito",
  issuer: /^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/[^/]+\/?$/,
  metadata: { field: "authorization_endpoint", value: /\.amazoncognito\.com\/oauth2\/authorize$/ },
  issuerHow:
    "It is https://cognito-idp.REGION.amazonaws.com/USER_POOL_ID (User pools → your pool → Overview), not the domain of the login pages.",
  issuerPaths: [],
  settings: {
    OIDC_ISSUER: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_example",
    OIDC_CLIENT_ID: "…",
    OIDC_CLIENT_SECRET: "…",
    OIDC_SCOPE: "openid profile email",
    OIDC_RESOURCE: "https://api.example.com",
    OIDC_END_SESSION_ENDPOINT:
      "https://your-domain.auth.eu-west-1.amazoncognito.com/logout?logout_uri=http%3A%2F%2Flocalhost%3A4040%2F",
  },
  console: {
    clientId: "User pools → your pool → App clients → your client → Client ID",
    clientSecret: "User pools → your pool → App clients → your client → Client secret",
    callbackUrl: "User pools → your pool → App clients → your client → Login pages → Allowed callback URLs",
    logoutUrl: "User pools → your pool → App clients → your client → Login pages → Allowed sign-out URLs",
    clientAuthentication:
      "User pools → your pool → App clients → your client (whether it has a secret is decided when it is created)",
    scopes:
      "User pools → your pool → App clients → your client → Login pages → OpenID Connect scopes, and Custom scopes",
  },
  clientKey: {
    by: "none",
    how: "Cognito documents only client secrets: set OIDC_CLIENT_SECRET, and remove OIDC_CLIENT_AUTH and OIDC_CLIENT_PRIVATE_KEY.",
  },
  audience: {
    by: "resource",
    how: "Set OIDC_RESOURCE, not OIDC_AUDIENCE, to the identifier of a resource server (User pools → your pool → Branding → Domain → Resource servers), an absolute URI. This needs managed login and the plan Essentials or Plus. Without it, access tokens have client_id instead of aud.",
  },
  refresh: {
    by: "nothing",
    how: "Cognito issues a refresh token for every code, and rejects offline_access with invalid_scope: remove it from OIDC_SCOPE. Its lifetime is Refresh token expiration in User pools → your pool → App clients → your client.",
  },
  logOut: {
    by: "own parameters",
    how: "Cognito requires logout_uri instead of post_logout_redirect_uri: OIDC_END_SESSION_ENDPOINT=https://YOUR_DOMAIN/logout?logout_uri=… with your logout URL, percent-encoded.",
  },
  signUp: {
    by: "its login page",
    how: "Turn on Authentication → Sign-up → Self-service sign-up. The login page links to it.",
  },
  groups:
    "ID and access tokens contain the claim cognito:groups without further settings. Other claims in an access token need a Pre token generation trigger.",
  pkce: "unannounced",
  peculiarities: [
    "The pool needs a domain (Branding → Domain) before anyone can log in.",
    "Select the scopes openid, profile and email in the client's OpenID Connect scopes.",
    "The token endpoint answers a wrong redirect URI with unauthorized_client.",
  ],
};
