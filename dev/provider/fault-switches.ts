import { createHash, randomBytes } from "node:crypto";
import {
  decodeJwt,
  decodeProtectedHeader,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import type { ClientMetadata, KoaContextWithOIDC, Provider } from "oidc-provider";
import { readForm, send } from "../loopback.ts";
import { type Effect, FAULTS, type FaultId, type Forgery, isFaultId } from "./faults.ts";
import type { Middleware } from "./layout.ts";
import type { Store } from "./store.ts";

/** Where a page finds the list of faults (GET) and switches one on (POST). */
export const FAULTS_PATH = "/faults";

const COOKIE_LIFETIME = 600_000; // ms between the switch and the login

type Tokens = Readonly<Record<string, unknown>>;

/** The logins that are broken, and how. */
export class BrokenLogins {
  #next: Effect | null = null;
  /** By code, access token and refresh token. */
  readonly #effects = new Map<unknown, Effect>();

  /** Breaks the next login of any browser; null: no longer. */
  breakNext(fault: FaultId | Effect | null): void {
    this.#next = typeof fault === "string" ? FAULTS[fault] : fault;
  }

  takeNext(): Effect | null {
    const effect = this.#next;
    this.#next = null;
    return effect;
  }

  find(credential: unknown): Effect | undefined {
    return this.#effects.get(credential);
  }

  add(credential: unknown, effect: Effect): void {
    if (typeof credential === "string") this.#effects.set(credential, effect);
  }
}

/** What the switches need of the provider. */
export interface FaultSwitches {
  readonly issuer: string;
  readonly clients: readonly ClientMetadata[];
  readonly signingKeys: readonly JWK[];
  readonly store: Store;
  readonly brokenLogins: BrokenLogins;
  /** Whether browsers can switch faults on. */
  readonly hasFaultSwitches: boolean;
}

/**
 * Applies the faults. A fault is switched on for the next login of a browser, by a cookie, or of any browser, by a test.
 * It is bound to the code of that login, and to its tokens. All other logins are as usual.
 */
export function faultSwitches(provider: Provider, foundation: FaultSwitches): Middleware {
  const { brokenLogins, hasFaultSwitches, issuer, signingKeys, store } = foundation;
  const cookie = `hello-provider.${new URL(issuer).port}.fault`;
  provider.on("authorization.success", (ctx: KoaContextWithOIDC, answer = {}) => {
    const chosen = hasFaultSwitches ? ctx.cookies.get(cookie, { signed: false }) : undefined;
    if (chosen) ctx.cookies.set(cookie, null, { signed: false, path: "/auth" });
    const effect = isFaultId(chosen) ? FAULTS[chosen] : brokenLogins.takeNext();
    if (effect) swap(answer, effect, store);
    if (effect) brokenLogins.add(answer.code, effect);
  });
  return async (ctx, next) => {
    if (ctx.path === FAULTS_PATH && hasFaultSwitches) return answerSwitches(ctx, foundation, cookie);
    const accessToken = ctx.path === "/me" && ctx.get("Authorization").split(" ")[1];
    const userinfo = accessToken && brokenLogins.find(accessToken)?.userinfo;
    await next();
    if (userinfo) {
      ctx.respond = false;
      send(ctx.res, userinfo);
    }
    if (ctx.path === "/token") await breakTokens(ctx as KoaContextWithOIDC, brokenLogins, signingKeys);
  };
}

/** Replaces the code or the state by one of another login, of which this browser knows nothing. */
function swap(answer: Record<string, unknown>, { swapped }: Effect, store: Store): void {
  const other = randomBytes(32).toString("base64url");
  if (swapped === "state") answer.state = other;
  if (swapped !== "code") return;
  const codes = store.adapter("AuthorizationCode");
  // It has another PKCE challenge. The store is in memory, so the code is there before the browser has the answer.
  void codes.find(String(answer.code)).then(async (payload) => {
    if (payload) await codes.upsert(other, { ...payload, jti: other, codeChallenge: other }, 60);
  });
  answer.code = other;
}

async function breakTokens(
  ctx: KoaContextWithOIDC,
  brokenLogins: BrokenLogins,
  keys: readonly JWK[],
): Promise<void> {
  const { code, refresh_token, grant_type } = ctx.oidc?.params ?? {};
  const isRefresh = grant_type === "refresh_token";
  const effect = brokenLogins.find(isRefresh ? refresh_token : code);
  const applied = isRefresh ? effect?.refresh : effect;
  if (!effect || !applied) return;
  if (applied.answer) {
    ctx.respond = false;
    return send(ctx.res, applied.answer);
  }
  if (ctx.status !== 200) return;
  const tokens = ctx.body as Tokens;
  const access_token = await forge(tokens.access_token, applied.accessToken, keys);
  const isOther = access_token !== tokens.access_token;
  const idToken = isOther ? withHashOf(access_token, applied.idToken) : applied.idToken;
  const id_token = await forge(tokens.id_token, idToken, keys);
  ctx.body = { ...tokens, access_token, id_token, ...applied.members };
  brokenLogins.add(access_token, effect);
  brokenLogins.add(tokens.refresh_token, effect);
}

/** An ID token that fits this access token (OpenID Connect Core 3.1.3.6), and may be wrong otherwise. */
function withHashOf(accessToken: unknown, { claims, ...forgery }: Forgery = {}): Forgery {
  const hash = createHash("sha256").update(String(accessToken)).digest();
  const at_hash = hash.subarray(0, hash.length / 2).toString("base64url");
  const changes = (all: Tokens) => (typeof claims === "function" ? claims(all) : claims);
  return { ...forgery, claims: (all) => ({ at_hash, ...changes(all) }) };
}

/** @returns anything but a JWT unchanged: an access token may be opaque */
async function forge(token: unknown, forgery: Forgery | undefined, keys: readonly JWK[]): Promise<unknown> {
  if (!forgery || typeof token !== "string" || token.split(".").length !== 3) return token;
  const { claims = {}, signature = "provider's" } = forgery;
  const original = decodeJwt(token);
  const changes = typeof claims === "function" ? claims(original) : claims;
  const all = Object.entries({ ...original, ...changes }).filter(([, value]) => value !== undefined);
  const forged = Object.fromEntries(all);
  if (signature === "none") return new UnsecuredJWT(forged).encode();
  const { alg = "RS256", ...header } = decodeProtectedHeader(token);
  const own = signature === "provider's" && keys.find(({ kid }) => kid === header.kid);
  const key = own ? await importJWK(own, alg) : (await generateKeyPair(alg)).privateKey;
  const kid = signature === "unknown" ? randomBytes(32).toString("base64url") : header.kid;
  return new SignJWT(forged).setProtectedHeader({ ...header, alg, ...(kid && { kid }) }).sign(key);
}

/**
 * `GET` lists the faults: `[{ id, title }]`. A form posts `fault`, the id, and `return_to`, where the app's page goes on;
 * an empty `fault` switches the browser's fault off.
 */
async function answerSwitches(
  ctx: Parameters<Middleware>[0],
  { clients }: FaultSwitches,
  cookie: string,
): Promise<void> {
  ctx.set("Cache-Control", "no-store");
  if (ctx.method === "GET") {
    ctx.body = Object.entries(FAULTS).map(([id, { title }]) => ({ id, title }));
    return;
  }
  ctx.assert(ctx.method === "POST", 405);
  // The app's pages send no `Origin`, because of their Referrer-Policy. Another port of this host is the same site.
  ctx.assert(ctx.get("Sec-Fetch-Site") !== "cross-site", 403);
  const form = (await readForm(ctx.req)) ?? ctx.throw(413);
  const fault = form.get("fault");
  ctx.assert(!fault || isFaultId(fault), 400, "There is no such fault.");
  const target = form.get("return_to");
  const callbacks = clients.flatMap(({ redirect_uris = [] }) => redirect_uris);
  const origins = callbacks.map((uri) => new URL(uri).origin);
  ctx.assert(!target || origins.includes(URL.parse(target)?.origin ?? ""), 400, "return_to is not the app.");
  const { forgetsSession }: Effect = isFaultId(fault) ? FAULTS[fault] : {};
  if (forgetsSession) ctx.cookies.set(cookie.replace(/fault$/, "session"), null, { path: "/" });
  ctx.cookies.set(cookie, (!forgetsSession && fault) || null, {
    signed: false,
    path: "/auth",
    sameSite: "lax",
    maxAge: COOKIE_LIFETIME,
  });
  ctx.status = target ? 303 : 204;
  if (target) ctx.redirect(target);
}
