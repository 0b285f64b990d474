import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../clock.ts";
import { getSettings } from "../settings.ts";
import { type LoginTimes, timesAfterRefresh } from "./inspector/recording.ts"; // part: inspector
import type { AccessToken, Claims, LoginTokens, RefreshOutcome, TokenSet } from "./provider/index.ts";
import { decodeJwt } from "./provider/index.ts";
import type { CookieJar } from "./session-cookie.ts";

/** The stored fields of a session. The other fields are derived from these. Times are Unix seconds. */
export interface SessionData extends AccessToken {
  readonly v: 1; // version of this format; sessions in another format are ignored
  readonly id: string;
  readonly idToken: string;
  readonly userinfo: Claims | null;
  /** Null if the provider sends no `expires_in`. The app then uses the access token until the API rejects it. */
  readonly accessTokenExpiresAt: number | null;
  readonly refreshAt: number | null;
  readonly refreshToken: string | null;
  readonly scope: string; // granted scopes, separated by spaces (RFC 6749, 3.3)
  readonly authTime?: number; // `auth_time` of the login's ID token; a refresh does not change it
  readonly acr?: string; // `acr` of the login's ID token; a refresh does not change it
  readonly createdAt: number;
  readonly expiresAt: number; // the session ends at this time at the latest
  readonly idleExpiresAt: number; // the session ends at this time if the visitor does not come back before
  readonly times?: LoginTimes; // part: inspector
}

export interface Session extends SessionData {
  readonly idTokenClaims: Claims;
  readonly visit?: LastVisit; // part: store
}

// part: store
/** The last visit of a session in the session store: its time and its browser. Times are Unix seconds. */
export interface LastVisit {
  readonly seenAt: number;
  readonly idleExpiresAt: number;
  readonly userAgent: string | null;
}
// end part: store

const MAX_REFRESH_LEAD = 30; // an access token is refreshed at most this many seconds before it expires

/** Creates a session, with a new id, from the tokens and userinfo of a login. */
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

/** Returns the session with refreshed tokens. Values that the provider omitted stay unchanged (RFC 6749, 6). */
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
/** Adds the claims of the ID token, which was verified before it was stored. Decodes each object only once. */
export function withClaims(data: SessionData): Session {
  const session = decoded.get(data) ?? { ...data, idTokenClaims: decodeJwt(data.idToken)?.claims ?? {} };
  decoded.set(data, session);
  return session;
}

/** Restarts the session's idle time, which cannot extend beyond `expiresAt`. */
export function renewIdleTime(session: Session): Session {
  const idleExpiresAt = Math.min(nowInSeconds() + getSettings().sessionIdleTimeout, session.expiresAt);
  return { ...session, idleExpiresAt };
}

/** Whether a tenth of the idle time has passed, and a renewal of the idle time would extend the session. */
export function needsIdleRenewal({ expiresAt, idleExpiresAt }: SessionData): boolean {
  const { sessionIdleTimeout } = getSettings();
  return idleExpiresAt < expiresAt && idleExpiresAt - nowInSeconds() <= 0.9 * sessionIdleTimeout;
}

/** When the session ends, for display (Unix seconds). Without a refresh token, it ends when its access token does. */
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

/** Whether the access token has expired or is about to expire. */
export function needsRefresh({ refreshAt }: SessionData): boolean {
  return hasPassed(refreshAt);
}

export function hasExpiredAccessToken(tokens: Pick<SessionData, "accessTokenExpiresAt">): boolean {
  return hasPassed(tokens.accessTokenExpiresAt);
}

/** A login whose authorization response has arrived, and the time when its login cookie expires (Unix seconds). */
export type AnsweredLogin = { readonly state: string; readonly expiresAt: number };

export interface SessionStart {
  readonly replaced: Session | null;
  readonly userAgent: string | null;
  readonly begunAt: number; // when the code exchange began, in Unix milliseconds
}

type Renewal = { readonly renew: boolean };
/** Stores sessions. If the storage is unavailable, every method but `settleLogin` can throw. */
export interface SessionStorage {
  /** Opens the session that the cookies contain or identify. @returns null if it is absent, expired or revoked */
  open(jar: CookieJar, onUnreadable?: (reason: string) => void): Promise<Session | null>;
  /** Stores a new session, and revokes the replaced one. @throws LoginError if the new one is too big or has ended */
  start(jar: CookieJar, session: Session, start: SessionStart): Promise<void>;
  /**
   * Stores refreshed tokens. Renews the idle time if `renew` is set. Ends the session if `refreshed` is null. If the
   * session was revoked, writes no cookie: the browser may have a newer one. @throws LoginError if tokens are too big
   */
  update(jar: CookieJar, opened: Session, refreshed: Session | null, how: Renewal): Promise<Session | null>;
  /** Deletes the session cookie and revokes the session. @returns the session as it was last stored */
  end(jar: CookieJar, session: Session | null): Promise<Session | null>;
  /** Refreshes tokens, only once for all processes that share a store. Revokes new tokens if the session has ended. */
  refresh(session: Session, requestId: string): Promise<RefreshOutcome>;
  /** Throws if no session can be stored now. Call it before using an authorization code, so that no code is wasted. */
  ensureAvailable(): Promise<void>;
  /** Lets one request finish a login; others wait. @returns `claimed` if the caller must finish and settle the login */
  claimLogin(login: AnsweredLogin): Promise<"claimed" | "finished" | "used">;
  settleLogin(login: AnsweredLogin, outcome: "finished" | "failed"): Promise<void>;
}
