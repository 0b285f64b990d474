/** How the person who configures a provider gets something done there; `how` is a sentence with the console's own words. */
interface Way<By extends string> {
  readonly by: By;
  readonly how: string;
}

/** What sets one provider apart from another: data for `npm run doctor` and for docs/providers.md, never for the app. */
export interface ProviderPreset {
  /** Its name in lower case, and its section's in docs/providers.md. */
  readonly id: string;
  readonly name: string;
  /** Its issuer URL. */
  readonly issuer: RegExp | null;
  /** A field of its discovery document, for those who have it under a domain of their own. */
  readonly metadata: { readonly field: string; readonly value: RegExp } | null;
  /** Which URL is meant by `OIDC_ISSUER`. */
  readonly issuerHow: string;
  /** Further paths at which people's issuers turn out to be, where there is none at the one they have set. */
  readonly issuerPaths: readonly string[];
  /** The provider's settings, as .env.local has them; secrets are an ellipsis. */
  readonly settings: Readonly<Record<string, string>>;
  /** Where its console has what both sides must agree on. */
  readonly console: {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly callbackUrl: string;
    /** null where there is nothing to register. */
    readonly logoutUrl: string | null;
    /** Where it is seen, or settled, how the client shows who it is: a secret, a key, neither. */
    readonly clientAuthentication: string;
    /** Where a client is allowed a scope; null where nothing is to be allowed. */
    readonly scopes: string | null;
  };
  /** What it takes for `private_key_jwt`: the public key's registration, or another way, where there is none. */
  readonly clientKey: Way<"registration" | "none">;
  /** What makes an access token one for the API: a parameter, a scope, something in the console alone, or nothing. */
  readonly audience: Way<"audience" | "resource" | "scope" | "console" | "none">;
  /** What it takes to get a refresh token: the scope `offline_access`, that and more, something else, or nothing. */
  readonly refresh: Way<
    | "offline_access"
    | "offline_access and prompt=consent"
    | "access_type=offline"
    | "nothing"
    | "undocumented"
  >;
  /** RP-Initiated Logout: as the specification has it, with an ID token only, with parameters of its own, or not at all. */
  readonly logOut: Way<"standard" | "id_token_hint" | "own parameters" | "none">;
  readonly signUp: Way<"screen_hint" | "first_screen=register" | "prompt=create" | "its login page" | "none">;
  /** How groups, roles or permissions come into a token. */
  readonly groups: string;
  /** Whether its discovery document says that it takes PKCE; all of them do take it. */
  readonly pkce: "announced" | "unannounced";
  /** Further things that surprise people. */
  readonly peculiarities: readonly string[];
}
