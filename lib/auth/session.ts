import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../clock.ts";
import { getSettings } from "../settings.ts";
import { type LoginTimes, timesAfterRefresh } from "./inspector/recording.ts"; // part: inspector
import type { AccessToken, Claims, LoginTokens, RefreshOutcome, TokenSet } from "./provider/index.ts";
import { decodeJwt } from "./provider/index.ts";
import type { CookieJar } from "./session-cookie.ts";

/** The stored part of a session. Data that can be derived from it is not stored. Times are Unix seconds. */
export interface SessionData extends AccessToken {
  readonly v: 1; // version of this format; sessions in another format are ignored
  readonly id: string;
  readonly idToken: string;
  readonly userinfo: Claims | null;
  /** Null if the provider does not state it. Such an access token is used until the API refuses it. */
  readonly accessTokenExpiresAt: number | null;
  readonly refreshAt: number | null;
  readonly refreshToken: string | null;
  readonly scope: string; // granted scopes, separated by spaces (RFC 6749, 3.3)
  readonly authTime?: number; // `auth_time` of the login's ID token; a refresh does not change it
  readonly acr?: string; // `acr` of the login's ID token; a refresh does not change it
  readonly createdAt: number;
  readonly expiresAt: number; // the absolute end of the session
  readonly idleExpiresAt: number; // the end of the session if the visitor does not come back
  readonly times?: LoginTimes; // part: inspector
}

export interface Session extends SessionData {
  readonly idTokenClaims: Claims;
  readonly visit?: LastVisit; // part: store
}

// part: store
/** When and with which browser the session was last used. Only a session store keeps this. Times are Unix seconds. */
export interface LastVisit {
  readonly seenAt: number;
  readonly idleExpiresAt: number;
  readonly userAgent: string | null;
}
// end part: store

const MAX_REFRESH_LEAD = 30; // an access token is refreshed at most this many seconds before it expires

/** A new session, with a new id, from the tokens and the userinfo of a login. */
export function createSession(tokens: LoginTokens, userinfo: Claims | null): Session {
  const { oidc, sessionMaxAge } = getSettings();
  const now = nowInSeconds();
  const { auth_time, acr } = tokens.idTokenClaims;
  return renewIdleTime({
    v: 1,
    id: randomUUID(),
    ...tokens,
    scope: tokens.scope ?? oidc.scope,
    ...(typeof auth_time === "number" && { authTime: auth_time }),
    ...(typeof acr === "string" && { acr }),
    refreshAt: refreshTime(tokens),
    userinfo,
    createdAt: now,
    expiresAt: now + sessionMaxAge,
    idleExpiresAt: 0,
  });
}

/** The session with the tokens of a refresh. Values that the provider left out stay unchanged (RFC 6749, 6). */
export function withTokens(session: Session, tokens: TokenSet): Session {
  const { accessToken, accessTokenExpiresAt } = tokens;
  return {
    ...session,
    accessToken,
    accessTokenExpiresAt,
    refreshAt: refreshTime(tokens),
    idToken: tokens.idToken ?? session.idToken,
    idTokenClaims: tokens.idTokenClaims ?? session.idTokenClaims,
    refreshToken: tokens.refreshToken ?? session.refreshToken,
    scope: tokens.scope ?? session.scope,
    ...timesAfterRefresh(session.times, tokens), // part: inspector
  };
}

function refreshTime({ accessTokenExpiresAt: expiresAt, refreshAt }: TokenSet): number | null {
  if (refreshAt !== undefined) return refreshAt;
  if (expiresAt === null) return null;
  return expiresAt - Math.min(MAX_REFRESH_LEAD, Math.floor((expiresAt - nowInSeconds()) / 10));
}

const decoded = new WeakMap<SessionData, Session>();
/** The session with the claims of its ID token, which was verified before it was stored. Decodes each object once. */
export function withClaims(data: SessionData): Session {
  const session = decoded.get(data) ?? { ...data, idTokenClaims: decodeJwt(data.idToken)?.claims ?? {} };
  decoded.set(data, session);
  return session;
}

/** The session with its idle time starting now, at most until its absolute end. */
export function renewIdleTime(session: Session): Session {
  const idleExpiresAt = Math.min(nowInSeconds() + getSettings().sessionIdleTimeout, session.expiresAt);
  return { ...session, idleExpiresAt };
}

/** Whether a tenth of the idle time has passed since the last renewal, and a renewal would extend the session. */
export function needsIdleRenewal({ expiresAt, idleExpiresAt }: SessionData): boolean {
  const { sessionIdleTimeout } = getSettings();
  const renewedAt = idleExpiresAt - sessionIdleTimeout;
  return idleExpiresAt < expiresAt && nowInSeconds() - renewedAt >= sessionIdleTimeout / 10;
}

/** When the session ends, for display (Unix seconds). Without a refresh token, it ends when its access token expires. */
export function sessionEnd(session: SessionData): Pick<SessionData, "expiresAt" | "idleExpiresAt"> {
  const { refreshToken, accessTokenExpiresAt, expiresAt, idleExpiresAt } = session;
  const last = refreshToken === null ? (accessTokenExpiresAt ?? expiresAt) : expiresAt;
  return { expiresAt: Math.min(expiresAt, last), idleExpiresAt: Math.min(idleExpiresAt, last) };
}

function hasPassed(time: number | null): boolean {
  return time !== null && nowInSeconds() >= time;
}

export function hasExpired({ expiresAt, idleExpiresAt }: SessionData): boolean {
  return hasPassed(Math.min(expiresAt, idleExpiresAt));
}

/** Whether the access token has expired or is about to. */
export function needsRefresh({ refreshAt }: SessionData): boolean {
  return hasPassed(refreshAt);
}

export function hasExpiredAccessToken(tokens: Pick<SessionData, "accessTokenExpiresAt">): boolean {
  return hasPassed(tokens.accessTokenExpiresAt);
}

/** A login that the provider has answered, and when its cookie expires (Unix seconds). */
export type AnsweredLogin = { readonly state: string; readonly expiresAt: number };

export interface SessionStart {
  readonly replaced: Session | null;
  readonly userAgent: string | null;
  readonly begunAt: number; // when the code exchange began, in Unix milliseconds
}

type Renewal = { readonly renew: boolean };
/** Where sessions are kept. Every method throws a `SessionsUnavailableError` while the storage is unavailable. */
export interface SessionStorage {
  /** Opens the session that the cookies contain or identify; null if there is none, or it has expired or is revoked. */
  open(jar: CookieJar, onUnreadable?: (reason: string) => void): Promise<Session | null>;
  /** Stores a new session, and revokes the session that it replaces. @throws LoginError, for instance for big tokens */
  start(jar: CookieJar, session: Session, start: SessionStart): Promise<void>;
  /**
   * Stores refreshed tokens and, if `renew`, the idle time. Ends the session if `refreshed` is null. If the session was
   * revoked meanwhile, no cookie is written: the browser may have a newer one. @throws LoginError if tokens are too big
   */
  update(jar: CookieJar, opened: Session, refreshed: Session | null, how: Renewal): Promise<Session | null>;
  /** Deletes the cookies, and revokes the session. @returns the session with its newest tokens */
  end(jar: CookieJar, session: Session | null): Promise<Session | null>;
  /** Refreshes the tokens, once for all processes that share this storage. Revokes new tokens of an ended session. */
  refresh(session: Session, requestId: string): Promise<RefreshOutcome>;
  /** Throws if no session can be stored now. Called before an authorization code is used. */
  ensureAvailable(): Promise<void>;
  /** Waits while another request finishes the login. `claimed`: finish and settle it; `used`: answered before. */
  claimLogin(login: AnsweredLogin): Promise<"claimed" | "finished" | "used">;
  settleLogin(login: AnsweredLogin, outcome: "finished" | "failed"): Promise<void>;
}
