import type { Answer } from "../loopback.ts";

type Claims = Readonly<Record<string, unknown>>;

/** How a JWT is forged: by default it is signed with the provider's own key, so that its claims are its only fault. */
export interface Forgery {
  /** Claims that replace the true ones, which may follow from them; undefined removes one. */
  readonly claims?: Claims | ((claims: Claims) => Claims);
  /** `foreign`: another key under the name of the provider's; `unknown`: another key under its own name. */
  readonly signature?: "provider's" | "foreign" | "unknown" | "none";
}

/** What the provider does wrong at its token endpoint. */
interface TokenEffect {
  readonly idToken?: Forgery;
  /** An access token that is a JWT. The ID token's `at_hash` fits it. */
  readonly accessToken?: Forgery;
  /** Members that replace those of the token response; undefined removes one. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** The answer in place of a token response. */
  readonly answer?: Answer;
}

/** What the provider does wrong in one login. */
export interface Effect extends TokenEffect {
  /** The parameter of the answer at the callback that belongs to another login. */
  readonly swapped?: "code" | "state";
  readonly userinfo?: Answer;
  /** The provider forgets the browser's session. */
  readonly forgetsSession?: true;
  /** At each refresh of this login's tokens. */
  readonly refresh?: TokenEffect;
}

interface Fault extends Effect {
  readonly title: string;
}

const OOPS = { status: 500, text: "<h1>Oops</h1>" };
const PROXY = { status: 200, text: "<h1>Welcome to nginx!</h1>" };
const REFUSED = { status: 400, json: { error: "invalid_grant" } };

/** Every fault that can be switched on for a login, in one list: for people who try them, and for tests. */
export const FAULTS = {
  "wrong-nonce": { title: "The ID token is for another login", idToken: { claims: { nonce: "another" } } },
  "wrong-issuer": {
    title: "The ID token comes from another issuer",
    idToken: { claims: { iss: "https://evil.test" } },
  },
  "expired-id-token": {
    title: "The ID token has expired",
    idToken: { claims: ({ iat }) => ({ exp: Number(iat) - 60 }) },
  },
  "bad-signature": {
    title: "The ID token is signed with another key under the provider's name",
    idToken: { signature: "foreign" },
  },
  "unknown-key": {
    title: "The ID token is signed with a key that the provider does not publish",
    idToken: { signature: "unknown" },
  },
  unsigned: { title: "The ID token has no signature (alg: none)", idToken: { signature: "none" } },
  "swapped-code": { title: "The code belongs to another login", swapped: "code" },
  "wrong-state": { title: "The state belongs to another login", swapped: "state" },
  "foreign-userinfo": {
    title: "Userinfo is about somebody else",
    userinfo: { status: 200, json: { sub: "mallory" } },
  },
  "provider-down": {
    title: "The provider goes down before it exchanges the code",
    answer: "reset",
  },
  "slow-provider": { title: "The provider does not answer in time", answer: "hang" },
  "refresh-refused": {
    title: "The access token expires after three seconds, and the provider refuses the refresh",
    members: { expires_in: 3 },
    refresh: { answer: REFUSED },
  },
  "refused-access-token": {
    title: "The API refuses the access token, which is for another API",
    accessToken: {
      claims: ({ aud }) => ({ aud: ["https://another-api.test", ...[aud].flat().slice(1)] }),
    },
  },

  "no-provider-session": { title: "The provider does not know the browser", forgetsSession: true },
  "no-nonce": { title: "The ID token names no login", idToken: { claims: { nonce: undefined } } },
  "no-subject": { title: "The ID token is about nobody", idToken: { claims: { sub: undefined } } },
  "foreign-subject": {
    title: "The ID token is about somebody else than userinfo",
    idToken: { claims: { sub: "mallory" } },
  },
  "wrong-audience": {
    title: "The ID token is for another client",
    idToken: { claims: { aud: "another" } },
  },
  "wrong-authorized-party": {
    title: "The ID token was issued to another client",
    idToken: { claims: ({ aud }) => ({ aud: [aud, "another"].flat(), azp: "another" }) },
  },
  "issued-in-future": {
    title: "The ID token comes from the future",
    idToken: { claims: ({ iat }) => ({ iat: Number(iat) + 3_600 }) },
  },
  "wrong-at-hash": {
    title: "The ID token came with another access token",
    idToken: { claims: { at_hash: "AAAAAAAAAAAAAAAAAAAAAA" } },
  },
  "old-authentication": {
    title: "The person authenticated an hour ago, whatever max_age asked for",
    idToken: { claims: ({ iat }) => ({ auth_time: Number(iat) - 3_600 }) },
  },
  "no-id-token": { title: "The answer has no ID token", members: { id_token: undefined } },
  "no-tokens": { title: "The answer has no token", answer: { status: 200, json: {} } },
  "expired-on-arrival": {
    title: "The tokens have expired on arrival",
    members: { expires_in: 0, refresh_token: undefined },
  },
  "code-refused": { title: "The provider refuses the code", answer: REFUSED },
  "code-500": { title: "The provider answers the code with 500", answer: OOPS },
  "code-503": {
    title: "The provider answers the code with 503",
    answer: { status: 503, json: { error: "x" } },
  },
  "code-429": {
    title: "The provider answers the code with 429",
    answer: { status: 429, json: { error: "slow_down" } },
  },
  "code-html": { title: "The provider answers the code with HTML", answer: PROXY },
  "code-redirect": {
    title: "The provider answers the code with a redirect",
    answer: { status: 302, headers: { location: "http://evil.test/" } },
  },
  "userinfo-500": { title: "Userinfo answers with 500", userinfo: OOPS },
  "userinfo-html": { title: "Userinfo answers with HTML", userinfo: PROXY },
  "userinfo-401": {
    title: "Userinfo refuses with 401",
    userinfo: { status: 401, json: { error: "insufficient_scope" } },
  },
  "userinfo-403": {
    title: "Userinfo refuses with 403",
    userinfo: { status: 403, json: { error: "insufficient_scope" } },
  },
  "userinfo-404": { title: "Userinfo answers 404", userinfo: { status: 404, text: "Not found" } },
  "userinfo-without-subject": {
    title: "Userinfo is about nobody",
    userinfo: { status: 200, json: { name: "Mallory" } },
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultId = keyof typeof FAULTS;

export function isFaultId(id: unknown): id is FaultId {
  return typeof id === "string" && Object.hasOwn(FAULTS, id);
}
