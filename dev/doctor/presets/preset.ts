/** How to configure something at the provider. `how` is a text for people, in the words of the provider's console. */
interface Way<By extends string> {
  readonly by: By;
  readonly how: string;
}

/** How one provider differs from others. Data for `npm run doctor` and docs/providers.md; the app does not use it. */
export interface ProviderPreset {
  /** Its id here, and the anchor of its section in docs/providers.md. */
  readonly id: string;
  readonly name: string;
  /** Matches its issuer URL. */
  readonly issuer: RegExp | null;
  /** Matches a field of its discovery document, for issuers at a custom domain. */
  readonly metadata: { readonly field: string; readonly value: RegExp } | null;
  /** Where to find the value of `OIDC_ISSUER`. */
  readonly issuerHow: string;
  /** Further paths to try if there is no discovery document at `OIDC_ISSUER`. */
  readonly issuerPaths: readonly string[];
  /** The settings for .env.local. Secrets are an ellipsis. */
  readonly settings: Readonly<Record<string, string>>;
  /** Where to find in its console what both sides must agree on. */
  readonly console: {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly callbackUrl: string;
    /** null if no logout URL is registered. */
    readonly logoutUrl: string | null;
    /** Where to see or choose how the client authenticates: with a secret, with a key, or not at all. */
    readonly clientAuthentication: string;
    /** Where to allow a scope for a client; null if no scope has to be allowed. */
    readonly scopes: string | null;
  };
  /** How to use `private_key_jwt`, or what to use instead. */
  readonly clientKey: Way<"registration" | "none">;
  /** What selects the API of an access token: a parameter, a scope, a setting in the console, or nothing. */
  readonly audience: Way<"audience" | "resource" | "scope" | "console" | "none">;
  /** What is needed for a refresh token: the scope `offline_access`, a parameter, both, or nothing. */
  readonly refresh: Way<
    | "offline_access"
    | "offline_access and prompt=consent"
    | "access_type=offline"
    | "nothing"
    | "undocumented"
  >;
  /** RP-Initiated Logout: as specified, only with an ID token, with parameters of its own, or not supported. */
  readonly logOut: Way<"standard" | "id_token_hint" | "own parameters" | "none">;
  readonly signUp: Way<"screen_hint" | "first_screen=register" | "prompt=create" | "its login page" | "none">;
  /** How to get groups, roles or permissions into a token. */
  readonly groups: string;
  /** Whether its discovery document announces PKCE. All of them support it. */
  readonly pkce: "announced" | "unannounced";
  /** Other behaviour that surprises people. */
  readonly peculiarities: readonly string[];
}
