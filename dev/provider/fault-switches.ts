import { randomBytes } from "node:crypto";
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
import { type BrokenLogins, type Effect, FAULTS, type Forgery, isFaultId } from "./faults.ts";
import type { Context, Middleware } from "./layout.ts";
import type { Store } from "./store.ts";

/** At this path, a page of the app gets the list of faults (GET), and switches a fault on or off (POST). */
export const FAULTS_PATH = "/faults";

const COOKIE_LIFETIME = 600_000; // ms; after this time, the browser forgets the chosen fault

type Tokens = Readonly<Record<string, unknown>>;

/** The data of the provider that the fault switches need. */
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
 * Applies faults. A cookie switches a fault on for the next login in one browser. A test can switch a fault on for the
 * next login in any browser. The fault affects only this login: its authorization response, its tokens and userinfo.
 */
export function faultSwitches(provider: Provider, foundation: FaultSwitches): Middleware {
  const { brokenLogins, hasFaultSwitches, issuer, store } = foundation;
  const cookie = `hello-provider.${new URL(issuer).port}.fault`;
  provider.on("authorization.success", (ctx: KoaContextWithOIDC, answer = {}) => {
    const chosen = hasFaultSwitches ? ctx.cookies.get(cookie, { signed: false }) : undefined;
    if (chosen) ctx.cookies.set(cookie, null, { signed: false, path: "/auth" });
    const effect = isFaultId(chosen) ? FAULTS[chosen] : brokenLogins.next;
    if (!isFaultId(chosen)) brokenLogins.next = null;
    if (!effect || typeof answer.code !== "string") return; // the device flow has no authorization response
    swap(answer, effect, store);
    brokenLogins.effects.set(answer.code, effect);
  });
  return async (ctx, next) => {
    if (ctx.path === FAULTS_PATH && hasFaultSwitches) return answerSwitches(ctx, foundation, cookie);
    const accessToken = ctx.path === "/me" && ctx.get("Authorization").split(" ")[1];
    const userinfo = accessToken && brokenLogins.effects.get(accessToken)?.userinfo;
    await next();
    if (userinfo) {
      ctx.respond = false;
      send(ctx.res, userinfo);
    }
    if (ctx.path === "/token") await breakTokens(ctx as KoaContextWithOIDC, foundation);
  };
}

/** Swaps the code or the state in the authorization response for another one, if the fault says so. */
function swap(answer: Record<string, unknown>, { swapped }: Effect, store: Store): void {
  const other = randomBytes(32).toString("base64url");
  if (swapped === "state") answer.state = other;
  if (swapped !== "code") return;
  const codes = store.adapter("AuthorizationCode");
  // Stores the other code with another PKCE challenge. The store is in memory: this ends before the app sends the code.
  void codes.find(String(answer.code)).then(async (payload) => {
    if (payload) await codes.upsert(other, { ...payload, jti: other, codeChallenge: other }, 60);
  });
  answer.code = other;
}

async function breakTokens(ctx: KoaContextWithOIDC, foundation: FaultSwitches): Promise<void> {
  const { effects } = foundation.brokenLogins;
  const { code, refresh_token, grant_type } = ctx.oidc?.params ?? {};
  const isRefresh = grant_type === "refresh_token";
  const effect = effects.get(isRefresh ? refresh_token : code);
  const applied = isRefresh ? effect?.refresh : effect;
  if (!effect || !applied) return;
  if (applied.answer) {
    ctx.respond = false;
    return send(ctx.res, applied.answer);
  }
  if (ctx.status !== 200) return;
  const tokens = ctx.body as Tokens;
  const id_token = await forge(tokens.id_token, applied.idToken, foundation.signingKeys);
  ctx.body = { ...tokens, id_token, ...applied.members };
  effects.set(tokens.access_token, effect);
  if (tokens.refresh_token) effects.set(tokens.refresh_token, effect);
}

/** Returns a forged ID token. Without an ID token or a forgery, returns `token` unchanged. */
async function forge(token: unknown, forgery: Forgery | undefined, keys: readonly JWK[]): Promise<unknown> {
  if (!forgery || typeof token !== "string") return token;
  const { claims = {}, signature = "provider's" } = forgery;
  const original = decodeJwt(token);
  const changes = typeof claims === "function" ? claims(original) : claims;
  const forged = { ...original, ...changes };
  if (signature === "none") return new UnsecuredJWT(forged).encode();
  const { alg = "RS256", ...header } = decodeProtectedHeader(token);
  const own = signature === "provider's" && keys.find(({ kid }) => kid === header.kid);
  const key = own ? await importJWK(own, alg) : (await generateKeyPair(alg)).privateKey;
  const kid = signature === "unknown" ? randomBytes(32).toString("base64url") : header.kid;
  return new SignJWT(forged).setProtectedHeader({ ...header, alg, ...(kid && { kid }) }).sign(key);
}

/**
 * `GET` lists the faults: `[{ id, title }]`. `POST` sends a form: `fault` is the id of a fault, and the optional
 * `return_to` is a URL of the app to redirect to. Without a `fault`, the form switches the browser's fault off.
 */
async function answerSwitches(ctx: Context, { clients }: FaultSwitches, cookie: string): Promise<void> {
  ctx.set("Cache-Control", "no-store");
  if (ctx.method === "GET") {
    ctx.body = Object.entries(FAULTS).map(([id, { title }]) => ({ id, title }));
    return;
  }
  ctx.assert(ctx.method === "POST", 405);
  // Checks `Sec-Fetch-Site`, not `Origin`: the app's Referrer-Policy makes browsers send `Origin: null`. The app is on
  // another port of this host, and browsers treat all ports of a host as the same site.
  ctx.assert(ctx.get("Sec-Fetch-Site") !== "cross-site", 403);
  const form = (await readForm(ctx.req)) ?? ctx.throw(413);
  const fault = form.get("fault");
  ctx.assert(!fault || isFaultId(fault), 400, "There is no such fault.");
  const target = form.get("return_to");
  const callbacks = clients.flatMap(({ redirect_uris = [] }) => redirect_uris);
  const origins = callbacks.map((uri) => new URL(uri).origin);
  ctx.assert(!target || origins.includes(URL.parse(target)?.origin ?? ""), 400, "Unknown return_to origin.");
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
