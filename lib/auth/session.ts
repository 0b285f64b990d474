import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../clock.ts";
import { getSettings } from "../settings.ts";
import type { DpopKey } from "./provider/dpop.ts";
import { type Claims, decodeJwt } from "./provider/jwt.ts";
import type { TokenSet } from "./provider/token-set.ts";

/** What is kept of a session, and nothing that can be worked out from it. Times are Unix seconds. */
export interface SessionData {
  /** Version of this form; sessions of another form are not read. */
  readonly v: 1;
  readonly id: string;
  readonly idToken: string;
  readonly userinfo: Claims | null;
  readonly accessToken: string;
  /** Null where the provider does not say; such a token is used until the API refuses it. */
  readonly accessTokenExpiresAt: number | null;
  /** From when on the access token is renewed: shortly before it expires. */
  readonly refreshAt: number | null;
  readonly refreshToken: string | null;
  /** What the tokens are bound to (RFC 9449); absent for bearer tokens. */
  readonly dpopKey?: DpopKey | null;
  /** Granted scopes, separated by spaces (RFC 6749, 3.3). */
  readonly scope: string;
  readonly createdAt: number;
  /** The end of the session whatever the visitor does. */
  readonly expiresAt: number;
  /** The end of the session without a further visit. */
  readonly idleExpiresAt: number;
}

/** A session as server code sees it. */
export interface Session extends SessionData {
  readonly idTokenClaims: Claims;
}

const MAX_REFRESH_LEAD = 30; // seconds before its expiry that an access token is renewed, at most

/** A new session, with a new id, out of a finished login. */
export function createSession(
  tokens: TokenSet & { idToken: string; dpopKey?: DpopKey | null },
  userinfo: Claims | null,
): SessionData {
  const { oidc, sessionMaxAge } = getSettings();
  const now = nowInSeconds();
  return renewIdleTime({
    v: 1,
    id: randomUUID(),
    ...tokens,
    scope: tokens.scope ?? oidc.scope,
    refreshAt: refreshTime(tokens, now),
    userinfo,
    createdAt: now,
    expiresAt: now + sessionMaxAge,
    idleExpiresAt: 0,
  });
}

/** The session with the tokens of a refresh. What the provider left out stays as it was (RFC 6749, 6). */
export function withTokens<S extends SessionData>(session: S, tokens: TokenSet): S {
  return {
    ...session,
    accessToken: tokens.accessToken,
    accessTokenExpiresAt: tokens.accessTokenExpiresAt,
    refreshAt: refreshTime(tokens, nowInSeconds()),
    idToken: tokens.idToken ?? session.idToken,
    refreshToken: tokens.refreshToken ?? session.refreshToken,
    scope: tokens.scope ?? session.scope,
  };
}

/** The session, to live on for the idle time from now, but not past its absolute end. */
export function renewIdleTime<S extends SessionData>(session: S): S {
  const idleExpiresAt = Math.min(nowInSeconds() + getSettings().sessionIdleTimeout, session.expiresAt);
  return { ...session, idleExpiresAt };
}

/** Whether a tenth of the idle time has passed since the last renewal, and a renewal would lengthen the session. */
export function needsIdleRenewal(session: SessionData): boolean {
  const { sessionIdleTimeout } = getSettings();
  const renewedAt = session.idleExpiresAt - sessionIdleTimeout;
  return session.idleExpiresAt < session.expiresAt && nowInSeconds() - renewedAt >= sessionIdleTimeout / 10;
}

/** Whether the session's own time is over. */
export function hasEnded(session: SessionData): boolean {
  const now = nowInSeconds();
  return now >= session.expiresAt || now >= session.idleExpiresAt;
}

/** Whether the access token is to be renewed: it has expired or is about to. */
export function needsRefresh(session: SessionData): boolean {
  return session.refreshAt !== null && nowInSeconds() >= session.refreshAt;
}

/** Whether the access token is of no use any more. */
export function hasExpiredAccessToken({
  accessTokenExpiresAt,
}: Pick<SessionData, "accessTokenExpiresAt">): boolean {
  return accessTokenExpiresAt !== null && nowInSeconds() >= accessTokenExpiresAt;
}

/** The session with the claims of its ID token, which was verified before it came in. */
export function toSession<S extends SessionData>(data: S): S & Session {
  return { ...data, idTokenClaims: decodeJwt(data.idToken)?.claims ?? {} };
}

function refreshTime({ accessTokenExpiresAt: expiresAt, refreshAt }: TokenSet, now: number): number | null {
  if (refreshAt !== undefined) return refreshAt;
  if (expiresAt === null) return null;
  return expiresAt - Math.min(MAX_REFRESH_LEAD, Math.floor((expiresAt - now) / 10));
}
