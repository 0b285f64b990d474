import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";

/** Parameters, JSON members or claims as pages show them: without tokens, codes, verifiers or other secrets. */
export type Shown = Readonly<Record<string, string>>;

/** A request to the provider. Times are milliseconds since the recording began. */
export interface Call {
  readonly to: "pushed request" | "token" | "userinfo";
  readonly url: string;
  readonly proof: string; // how the client authenticated, or how the access token was sent
  readonly dpop?: true; // the request proved that the app has a key (RFC 9449)
  readonly sent: Shown;
  readonly start: number;
  end?: number;
  status?: number; // absent until the response arrives
  received?: Shown;
}

/** The authentication request of a login that has begun. The login cookie keeps it until the response arrives. */
export interface Begun {
  readonly at: number; // Unix milliseconds
  readonly took: number; // milliseconds
  readonly request: Shown;
  readonly isPushed?: true; // the request was pushed (RFC 9126)
}

/**
 * How long the steps of a login took, and the refreshes since then. The session keeps these times (at most 300 bytes),
 * so that every page can show them.
 */
export interface LoginTimes {
  readonly at: number; // Unix milliseconds when the login began
  /**
   * How many milliseconds each step took: begin the login, wait for the response, match it to the login, exchange the
   * code, check the ID token, request userinfo. Null if the time is unknown, or the step did not happen.
   */
  readonly ms: readonly (number | null)[];
  /** The time (Unix seconds) and the duration (milliseconds) of each of the last refreshes. */
  readonly refreshes?: readonly Refresh[];
}

/** An option that a link to `/auth/login?try=` turns on for a single login. A setting applies to all logins instead. */
export type Trial =
  | "par" // part: fapi
  | "dpop" // part: fapi
  | "form_post";

export type Refresh = readonly [at: number, took: number];

const MAX_REFRESHES = 6;
const MAX_CALLS = 6;
const MAX_PARAMETERS = 20;
const MAX_VALUE = 100; // characters

/** Records what happens while the app handles one request of a login. */
export class Recording {
  readonly at = Date.now();
  readonly calls: Call[] = [];
  /** Whether a page of this app sent the request. Only such a request may turn on an option. */
  readonly isOwn: boolean;
  /** The option that is turned on for this login. */
  trial: Trial | null = null;
  /** Members of the ID token's header, and claims. Null until the ID token arrives. */
  idToken: Shown | null = null;
  readonly #start = performance.now();

  constructor(headers: Headers) {
    this.isOwn = headers.get("sec-fetch-site") === "same-origin";
  }

  /** Milliseconds since the recording began. */
  now(): number {
    return Math.round(performance.now() - this.#start);
  }
}

const recordings = new AsyncLocalStorage<Recording>();

/** Starts a recording, which lasts until the end of this request. */
export function startRecording({ headers }: Request): Recording {
  const recording = new Recording(headers);
  recordings.enterWith(recording);
  return recording;
}

export function currentRecording(): Recording | undefined {
  return recordings.getStore();
}

export function isTried(trial: Trial): boolean {
  return currentRecording()?.trial === trial;
}

/** Records a pushed request, a code exchange or a userinfo request of a login. Ignores all other requests. */
export function recordCall(url: string, body: unknown, given: HeadersInit | undefined): void {
  const recording = currentRecording();
  if (!recording || recording.calls.length >= MAX_CALLS) return;
  const headers = new Headers(given);
  const form = body instanceof URLSearchParams ? body : new URLSearchParams();
  const to = purposeOf(form, headers);
  if (!to) return;
  const { origin, pathname } = new URL(url); // without the query, which may contain a secret
  recording.calls.push({
    to,
    url: origin + pathname,
    proof: proofOf(form, headers),
    ...(headers.has("dpop") && { dpop: true }),
    sent: shown(form),
    start: recording.now(),
  });
}

type Members = Readonly<Record<string, unknown>>;
type Decode = (token: string) => { readonly header: Members; readonly claims: Members } | null;

/** Records the response to the last request that lacks one. @param members null if the response is not a JSON object */
export function recordAnswer(status: number, members: Members | null, decode: Decode): void {
  const recording = currentRecording();
  const call = recording?.calls.findLast(({ end }) => end === undefined);
  if (!recording || !call) return;
  call.end = recording.now();
  call.status = status;
  call.received = call.to === "userinfo" ? claimNames(members ?? {}) : shown(Object.entries(members ?? {}));
  if (call.to === "token") recording.idToken = idTokenOf(decode(String(members?.id_token)));
}

function purposeOf(form: URLSearchParams, headers: Headers): Call["to"] | null {
  if (form.has("code_challenge")) return "pushed request";
  if (form.get("grant_type") === "authorization_code") return "token";
  return form.size === 0 && /^(Bearer|DPoP) /i.test(headers.get("authorization") ?? "") ? "userinfo" : null;
}

/** How the client authenticated (OpenID Connect Core 9), or how the access token was sent (RFC 6750, RFC 9449). */
function proofOf(form: URLSearchParams, headers: Headers): string {
  const scheme = /^\w+/.exec(headers.get("authorization") ?? "")?.[0];
  let proof = "none";
  if (scheme) proof = scheme === "Basic" ? "client_secret_basic" : `${scheme} access token`;
  if (form.has("client_secret")) proof = "client_secret_post";
  if (form.has("client_assertion")) proof = "private_key_jwt";
  return proof;
}

const claimNames = (claims: Members): Shown => ({
  ...(typeof claims.sub === "string" && { sub: cut(claims.sub) }),
  claims: cut(Object.keys(claims).join(" ")),
});

const ID_TOKEN = "iss sub aud azp exp iat auth_time acr".split(" ");

function idTokenOf(token: ReturnType<Decode>): Shown | null {
  if (!token) return null;
  const { header, claims } = token;
  const found = [
    ["alg", header.alg],
    ["kid", header.kid],
    ...ID_TOKEN.map((name) => [name, claims[name]] as const),
    ["nonce", typeof claims.nonce === "string" ? fingerprint(claims.nonce) : undefined],
    ["at_hash", typeof claims.at_hash === "string" ? shorten(claims.at_hash) : undefined],
  ] as const;
  const present = found.filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([name, value]) => [name, cut(text(value))]));
}

/** Parameters whose values are not secret. Pages show these values; they shorten, hash or hide all others. */
const PLAIN = new Set([
  ...["response_type", "response_mode", "client_id", "redirect_uri", "scope", "code_challenge_method"],
  ...["prompt", "max_age", "ui_locales", "acr_values", "audience", "resource", "screen_hint"],
  ...["connection", "organization", "grant_type", "client_assertion_type", "token_type", "expires_in"],
  ...["error", "error_description", "iss"],
]);
/** Parameters that contain secrets of the app. Not even the length of these values is shown. */
export const CLIENT_SECRETS: ReadonlySet<string> = new Set([
  "client_secret",
  "client_assertion",
  "code_verifier",
]);
/** Parameters that people compare between request and response. Pages show a hash of each value. */
const COMPARED = new Set(["state", "nonce"]);

export function shown(parameters: Iterable<readonly [string, unknown]>): Shown {
  return Object.fromEntries(
    [...parameters].slice(0, MAX_PARAMETERS).map(([name, value]) => {
      if (PLAIN.has(name)) return [cut(name), cut(text(value))];
      if (CLIENT_SECRETS.has(name)) return [name, "not shown"];
      return [cut(name), COMPARED.has(name) ? fingerprint(text(value)) : shorten(text(value))];
    }),
  );
}

/** Shows only the ends of a long value, or the length of a short value, so that nobody can use the value. */
export function shorten(value: string): string {
  return value.length < 32 ? `${value.length} characters` : `${value.slice(0, 4)}…${value.slice(-4)}`;
}

/** A hash, which shows only whether two values are equal. */
export function fingerprint(value: string): string {
  return `SHA-256 ${createHash("sha256").update(value).digest("base64url").slice(0, 10)}…`;
}

const text = (value: unknown) => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
/** Cuts off a text that is too long. @param longest in characters */
export function cut(value: string, longest = MAX_VALUE): string {
  return value.length > longest ? `${value.slice(0, longest - 1)}…` : value;
}

/** The times of a session after a refresh. @param refreshed has `times` if another process refreshed the session */
export function timesAfterRefresh(
  times: LoginTimes | undefined,
  refreshed: { readonly times?: LoginTimes; readonly refreshed?: Refresh },
): { readonly times?: LoginTimes } {
  if (refreshed.times) return { times: refreshed.times };
  if (!times || !refreshed.refreshed) return {};
  const refreshes = [...(times.refreshes ?? []), refreshed.refreshed].slice(-MAX_REFRESHES);
  return { times: { ...times, refreshes } };
}

/** Removes the times from a session that is too big for cookies. */
export function withoutTimes<T extends { readonly times?: LoginTimes }>({
  times,
  ...rest
}: T): Omit<T, "times"> {
  return rest;
}
