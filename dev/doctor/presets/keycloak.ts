import type { ProviderPreset } from "./preset.ts";

export const keycloak: ProviderPreset = {
  id: "keycloak",
  name: "Keycloak",
  issuer: /\/realms\/[^/]+\/?$/,
  metadata: { field: "authorization_endpoint", value: /\/protocol\/openid-connect\/auth$/ },
  issuerHow:
    "It is https://your-host/realms/your-realm, up to Keycloak 16 with /auth before /realms. Realm settings → OpenID Endpoint Configuration shows it.",
  issuerPaths: [],
  settings: {
    OIDC_ISSUER: "https://keycloak.example.com/realms/your-realm",
    OIDC_CLIENT_ID: "my-app",
    OIDC_CLIENT_SECRET: "…",
    OIDC_SCOPE: "openid profile email",
    OIDC_AUDIENCE: "https://api.example.com",
  },
  console: {
    clientId: "Clients → your client → Settings → Client ID",
    clientSecret: "Clients → your client → Credentials → Client Secret (with Client authentication on)",
    callbackUrl: "Clients → your client → Settings → Valid redirect URIs",
    logoutUrl: "Clients → your client → Settings → Valid post logout redirect URIs",
    clientAuthentication:
      "Clients → your client → Settings → Capability config → Client authentication (on for a secret or a key, off for neither), and Credentials → Client Authenticator",
    scopes: "Clients → your client → Client scopes",
  },
  clientKey: {
    by: "registration",
    how: "Choose Signed JWT in Clients → your client → Credentials → Client Authenticator, and import the public key in the tab Keys.",
  },
  audience: {
    by: "console",
    how: "Keycloak ignores the parameter: add a mapper of type Audience with this value as Included Custom Audience, in Clients → your client → Client scopes → your-client-dedicated.",
  },
  refresh: {
    by: "nothing",
    how: "Keycloak issues refresh tokens without offline_access. With it, they outlive the person's session at Keycloak. Clients → your client → Advanced → Use refresh tokens must be on, which is the default.",
  },
  logOut: {
    by: "standard",
    how: "A single + in Valid post logout redirect URIs means all redirect URIs.",
  },
  signUp: {
    by: "prompt=create",
    how: "Turn on Realm settings → Login → User registration. Sign up leads to the form from Keycloak 26.1 on, and to the login page in older versions.",
  },
  groups:
    "Clients → your client → Client scopes → your-client-dedicated → Add mapper: User Client Role with the Token Claim Name permissions, or Group Membership.",
  pkce: "announced",
  peculiarities: [
    "With Client authentication on, set OIDC_CLIENT_SECRET. With it off, remove it.",
    "Some versions answer a wrong client secret with unauthorized_client.",
    "Standard flow must be on in the client's Capability config.",
  ],
};
