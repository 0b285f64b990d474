/** Explains a check and what it protects against. */
export interface Lesson {
  readonly check: string;
  /** The code to read about the check: a file, and a function or constant in the file. */
  readonly source: readonly [file: string, name: string];
  /** What an attacker could do, or what could go wrong, without the check. */
  readonly without: string;
}

const TOKENS = "lib/auth/provider/tokens.ts";
const REQUESTS = "lib/auth/provider/requests.ts";

export const LESSONS = {
  alg: {
    check: "The signature algorithm must be an asymmetric one",
    source: [TOKENS, "PROVIDER_ALGORITHMS"],
    without: "Anyone could write an ID token, because alg none requires no key.",
  },
  kid: {
    check: "The key must be one that the provider publishes at its jwks_uri",
    source: [TOKENS, "verifySignature"],
    without: "An attacker could sign an ID token with a key of their own.",
  },
  signature: {
    check: "The signature must match the key that the token's kid identifies",
    source: [TOKENS, "verifySignature"],
    without: "An attacker could change any claim in transit, above all sub, which identifies you.",
  },
  iss: {
    check: "The issuer must be the configured provider, character by character",
    source: [REQUESTS, "exchangeCode"],
    without: "Somebody who has your sub, but at another provider, could log in here as you (mix-up).",
  },
  aud: {
    check: "The audience must contain this app's client id",
    source: [REQUESTS, "exchangeCode"],
    without: "Another app of this provider could log in here as you, with the ID token of your login there.",
  },
  exp: {
    check: "The ID token must not have expired",
    source: [REQUESTS, "exchangeCode"],
    without: "A token from an old log or backup would still log in.",
  },
  nonce: {
    check: "The nonce must be the one that this browser's login sent",
    source: [REQUESTS, "exchangeCode"],
    without: "An attacker could replay a stolen code or ID token, or slip one of their own into your login.",
  },
  azp: {
    check: "The authorized party, if there is one, must be this app",
    source: [TOKENS, "checkIdToken"],
    without: "A token issued to another client could log you in if its audience includes this app.",
  },
  iat: {
    check: "The ID token must not have been issued in the future",
    source: [TOKENS, "checkIdToken"],
    without: "Somebody could make tokens in advance. If this check fails, usually a clock is wrong.",
  },
  auth_time: {
    check: "The person must have authenticated as recently as max_age requires",
    source: [TOKENS, "checkIdToken"],
    without: "Somebody at your unlocked computer could change your e-mail address without your password.",
  },
  acr: {
    check: "The login must be as strong as acr_values requires",
    source: [TOKENS, "checkIdToken"],
    without: "A stolen password would be enough, even where a second factor is required.",
  },
  at_hash: {
    check: "at_hash, if there is one, must be the hash of the access token in the same response",
    source: [TOKENS, "checkIdToken"],
    without: "An attacker could swap the access token, and the app would act as somebody else.",
  },
  sub: {
    check: "The ID token must have a sub",
    source: [TOKENS, "checkIdToken"],
    without: "All people without a sub would be the same person to this app.",
  },
  userinfo: {
    check: "Userinfo must have the same sub as the ID token",
    source: [REQUESTS, "fetchUserinfo"],
    without: "Another person's name, e-mail address and roles would be treated as yours.",
  },
  state: {
    check: "The state must belong to a login that this browser began",
    source: ["lib/auth/callback.ts", "matchTransaction"],
    without: "An attacker could log you in to their own account, and read what you enter there (login CSRF).",
  },
  code: {
    check: "The code must match the PKCE verifier of this login. The provider checks this",
    source: [REQUESTS, "exchangeCode"],
    without: "An attacker could use a code that they stole on its way through the browser.",
  },
  answer: {
    check: "The response must have the form that the specification requires",
    source: [REQUESTS, "toLoginTokens"],
    without: "The app would continue without knowing who you are, or accept a proxy's page as a response.",
  },
  provider: {
    check: "The app has a time limit, and does not send the code again after a timeout or a server error",
    source: ["lib/auth/provider/client.ts", "callProvider"],
    without: "A slow provider would block the app, and your login would hang instead of showing an error.",
  },
  tokens: {
    check: "Without a refresh token, the access token must not have expired on arrival",
    source: ["lib/auth/callback.ts", "exchange"],
    without: "The session would end at once, and the browser would loop between the page and the login.",
  },
  session: {
    check:
      "With prompt=none, the provider must not show a page. Without a session there, it sends login_required",
    source: [REQUESTS, "exchangeCode"],
    without: "An app would have to show you a page to find out whether you are logged in elsewhere.",
  },
  refresh: {
    check: "If the provider refuses a refresh token, the session ends when its access token expires",
    source: ["lib/auth/refresh.ts", "refreshSession"],
    without: "Somebody whom the provider has locked out would stay logged in here.",
  },
  api: {
    check:
      "The API accepts only tokens issued for it. If it refuses one, the page says so, and you stay logged in",
    source: ["dev/message-api/token-verifier.ts", "audience"],
    without: "A token that was issued for another API could be used at this one.",
  },
  optional: {
    check: "If userinfo is refused or missing, the app uses the claims of the ID token",
    source: [REQUESTS, "fetchUserinfo"],
    without: "Nobody could log in at a provider without a userinfo endpoint.",
  },
} as const satisfies Readonly<Record<string, Lesson>>;

export type LessonName = keyof typeof LESSONS;

/** Maps each fault that the inspector shows first to the lesson about it. The embedded provider makes the faults. */
const FIRST: Readonly<Record<string, LessonName>> = {
  "wrong-nonce": "nonce",
  "wrong-issuer": "iss",
  "expired-id-token": "exp",
  "bad-signature": "signature",
  "unknown-key": "kid",
  unsigned: "alg",
  "swapped-code": "code",
  "wrong-state": "state",
  "foreign-userinfo": "userinfo",
  "provider-down": "provider",
  "slow-provider": "provider",
  "refresh-refused": "refresh",
  "refused-access-token": "api",
};

const FAULT_LESSONS: Readonly<Record<string, LessonName>> = {
  ...FIRST,
  "no-provider-session": "session",
  "no-nonce": "nonce",
  "no-subject": "answer",
  "foreign-subject": "userinfo",
  "wrong-audience": "aud",
  "wrong-authorized-party": "azp",
  "issued-in-future": "iat",
  "wrong-at-hash": "at_hash",
  "old-authentication": "auth_time",
  "no-id-token": "answer",
  "no-tokens": "answer",
  "expired-on-arrival": "tokens",
  "code-refused": "code",
  "code-500": "provider",
  "code-503": "provider",
  "code-429": "provider",
  "code-html": "answer",
  "code-redirect": "answer",
  "userinfo-500": "provider",
  "userinfo-html": "answer",
  "userinfo-401": "optional",
  "userinfo-403": "optional",
  "userinfo-404": "optional",
  "userinfo-without-subject": "optional",
};

/** The faults of the embedded provider that have a lesson. */
export const FAULTS_WITH_LESSONS: readonly string[] = Object.keys(FAULT_LESSONS);

/** The lesson about a fault; null for an unknown fault. @param fault a name that the provider sent */
export function lessonOf(fault: string): Lesson | null {
  const name = Object.hasOwn(FAULT_LESSONS, fault) ? FAULT_LESSONS[fault] : undefined;
  return name ? LESSONS[name] : null;
}

/** The fault for a login with `prompt=none`. The page offers it next to other logins, not among the faults. */
export const NO_PROVIDER_SESSION = "no-provider-session";

/** Login URLs for faults that have an effect only on another page, or only in a login with a certain parameter. */
export const FAULT_LOGINS: Readonly<Record<string, string>> = {
  "refused-access-token": "/auth/login?returnTo=/protected",
  "refresh-refused": "/auth/login?returnTo=/dashboard",
  "old-authentication": "/auth/login?max_age=60",
};

export const isFirst = (fault: string): boolean => Object.hasOwn(FIRST, fault);
