import type { Answer } from "../loopback.ts";

type Claims = Readonly<Record<string, unknown>>;
type ClaimChanges = Claims | ((claims: Claims) => Claims);

type Signature = "provider's" | "foreign" | "unknown" | "none";

/** How an ID token is forged. By default, the provider's own key signs it, so that only its claims are wrong. */
export interface Forgery {
  /** Replaces the original claims. A function computes new claims from the original. `undefined` removes a claim. */
  readonly claims?: ClaimChanges;
  /** `foreign`: another key with the provider's `kid`. `unknown`: another key and `kid`. `none`: no signature. */
  readonly signature?: Signature;
}

/** Faults at the token endpoint. */
interface TokenEffect {
  readonly idToken?: Forgery;
  /** Replaces members of the token response. `undefined` removes a member. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Replaces the whole token response. */
  readonly answer?: Answer;
}

/** Everything that the provider does wrong in one login. */
export interface Effect extends TokenEffect {
  /** The parameter of the authorization response that gets the value of another login. */
  readonly swapped?: "code" | "state";
  readonly userinfo?: Answer;
  /** Replaces the requested API in the audience of a JWT access token. */
  readonly audience?: string;
  /** The provider forgets the browser's session. */
  readonly forgetsSession?: true;
  /** Faults at each refresh of this login's tokens. */
  readonly refresh?: TokenEffect;
}

/** What the provider does wrong in the next login and in earlier logins. */
export interface BrokenLogins {
  /** What goes wrong in the next login in any browser whose cookie has no fault. Null if nothing goes wrong. */
  next: Effect | null;
  /** What goes wrong in earlier logins. The key is a code, access token or refresh token of the login. */
  readonly effects: Map<unknown, Effect>;
}

interface Fault extends Effect {
  readonly title: string;
}

const OOPS = { status: 500, text: "<h1>Oops</h1>" };
const PROXY = { status: 200, text: "<h1>Welcome to nginx!</h1>" };
const REFUSED = { status: 400, json: { error: "invalid_grant" } };
const SCOPE = { error: "insufficient_scope" };

const claims = (title: string, wrong: ClaimChanges): Fault => ({ title, idToken: { claims: wrong } });
const signed = (title: string, signature: Signature): Fault => ({ title, idToken: { signature } });
const code = (title: string, answer: Answer): Fault => ({ title, answer });
const members = (title: string, wrong: Claims): Fault => ({ title, members: wrong });
const userinfo = (title: string, answer: Answer): Fault => ({ title, userinfo: answer });

/** All faults that can be switched on for a login. Tests use them, and people can try them out. */
export const FAULTS = {
  "wrong-nonce": claims("The ID token is for another login", { nonce: "another" }),
  "wrong-issuer": claims("The ID token comes from another issuer", { iss: "https://evil.test" }),
  "expired-id-token": claims("The ID token has expired", ({ iat }) => ({ exp: Number(iat) - 60 })),
  "bad-signature": signed("The ID token has the provider's key id, but another key's signature", "foreign"),
  "unknown-key": signed("The ID token is signed with a key that the provider does not publish", "unknown"),
  unsigned: signed("The ID token has no signature (alg: none)", "none"),
  "swapped-code": { title: "The code belongs to another login", swapped: "code" },
  "wrong-state": { title: "The state belongs to another login", swapped: "state" },
  "foreign-userinfo": userinfo("Userinfo is about another user", { json: { sub: "mallory" } }),
  "provider-down": code("The provider goes down before it exchanges the code", "reset"),
  "slow-provider": code("The provider does not answer in time", "hang"),
  "refresh-refused": {
    title: "The access token expires after three seconds, and the provider refuses the refresh",
    members: { expires_in: 3 },
    refresh: { answer: REFUSED },
  },
  "refused-access-token": {
    title: "The access token is for another API, so the API refuses it",
    audience: "https://another-api.test",
  },

  "no-provider-session": { title: "The provider has forgotten the browser's session", forgetsSession: true },
  "no-nonce": claims("The ID token has no nonce", { nonce: undefined }),
  "no-subject": claims("The ID token has no subject", { sub: undefined }),
  "foreign-subject": claims("The ID token and userinfo are about different people", { sub: "mallory" }),
  "wrong-audience": claims("The ID token is for another client", { aud: "another" }),
  "wrong-authorized-party": claims("The ID token was issued to another client", ({ aud }) => ({
    aud: [aud, "another"].flat(),
    azp: "another",
  })),
  "issued-in-future": claims("The ID token was issued in the future", ({ iat }) => ({
    iat: Number(iat) + 3_600,
  })),
  "wrong-at-hash": claims("The ID token belongs to another access token", { at_hash: "A".repeat(22) }),
  "old-authentication": claims("The person authenticated an hour ago, regardless of max_age", ({ iat }) => ({
    auth_time: Number(iat) - 3_600,
  })),
  "no-id-token": members("The token response has no ID token", { id_token: undefined }),
  "no-tokens": code("The token response has no tokens", { json: {} }),
  "expired-on-arrival": members("The tokens have already expired when they arrive", {
    expires_in: 0,
    refresh_token: undefined,
  }),
  "code-refused": code("The provider refuses the code", REFUSED),
  "code-500": code("The token endpoint answers with 500", OOPS),
  "code-503": code("The token endpoint answers with 503", { status: 503, json: { error: "x" } }),
  "code-429": code("The token endpoint answers with 429", { status: 429, json: { error: "slow_down" } }),
  "code-html": code("The token endpoint answers with HTML", PROXY),
  "code-redirect": code("The token endpoint answers with a redirect", {
    status: 302,
    headers: { location: "http://evil.test/" },
  }),
  "userinfo-500": userinfo("Userinfo answers with 500", OOPS),
  "userinfo-html": userinfo("Userinfo answers with HTML", PROXY),
  "userinfo-401": userinfo("Userinfo answers with 401", { status: 401, json: SCOPE }),
  "userinfo-403": userinfo("Userinfo answers with 403", { status: 403, json: SCOPE }),
  "userinfo-404": userinfo("Userinfo answers with 404", { status: 404, text: "Not found" }),
  "userinfo-without-subject": userinfo("Userinfo has no subject", { json: { name: "Mallory" } }),
} satisfies Readonly<Record<string, Fault>>;

export type FaultId = keyof typeof FAULTS;

export function isFaultId(id: unknown): id is FaultId {
  return typeof id === "string" && Object.hasOwn(FAULTS, id);
}
