import type { TokenSet } from "./provider/token-set.ts";
import type { Session, SessionData } from "./session.ts";
import type { CookieJar } from "./session-cookie.ts";

/**
 * How a refresh ended: with new tokens; for good; with tokens that did not pass the checks, so that the session has none
 * but its own; for now; or too late, as the session was ended meanwhile.
 */
export type RefreshOutcome =
  | { readonly kind: "refreshed"; readonly tokens: TokenSet }
  | { readonly kind: "refused" | "invalid" | "unavailable" | "ended" };

/** A login that the provider has answered. */
export interface AnsweredLogin {
  readonly state: string;
  /** When its cookie expires, in Unix seconds. */
  readonly expiresAt: number;
}

/**
 * Who finished a login: this request; another one with the same answer, at the same time; or an earlier one, so that
 * this answer is refused.
 */
export type Finish = "finished" | "shared" | "answered before";

/** What is known of a finished login, beside its session. */
export interface FinishedLogin {
  /** The session that this browser had before. */
  readonly replaced: Session | null;
  readonly userAgent: string | null;
}

/**
 * Where sessions live: whole in encrypted cookies, or on the server with their id in a cookie. The rest of the app
 * cannot tell. Every method throws a `StoreError` while the place where sessions live cannot be reached.
 */
export interface SessionKeeper {
  /**
   * @param onUnreadable told why, when there is a session cookie that cannot be read
   * @returns the living session that the cookies hold or name; null without one
   */
  open(jar: CookieJar, onUnreadable?: (reason: string) => void): Promise<Session | null>;
  /**
   * Keeps a new session, and refuses from now on the one that it replaces.
   *
   * @throws LoginError `configuration` where the tokens are too big; `login_expired` where all sessions of this person
   *   were ended meanwhile
   */
  start(jar: CookieJar, data: SessionData, login: FinishedLogin): Promise<void>;
  /** Whether it is time to note this visit. */
  needsRenewal(session: Session): boolean;
  /**
   * Notes a visit, and the new tokens of a refresh where they are not kept yet.
   *
   * @throws LoginError `configuration` where the new tokens are too big
   */
  renew(jar: CookieJar, session: Session): Promise<Session>;
  /** Whether the session was ended while a request that came with it was under way. */
  hasEnded(session: SessionData): Promise<boolean>;
  /**
   * Takes the cookies away, and refuses the session from now on should a copy of them come back.
   *
   * @returns the session as it was last, for its tokens to be revoked
   */
  end(jar: CookieJar, session: SessionData | null): Promise<SessionData | null>;
  /**
   * Refreshes a session so that the provider sees one request from all processes that share what is kept here. Where
   * the session is ended meanwhile, the new refresh token is revoked.
   *
   * @param refresh asks the provider, given the tokens as they are now
   */
  refreshOnce(
    session: SessionData,
    refresh: (current: SessionData) => Promise<RefreshOutcome>,
  ): Promise<RefreshOutcome>;
  /** Throws a `StoreError` where no session could be kept just now: asked before a code is spent. */
  ensureAvailable(): Promise<void>;
  /**
   * Finishes a login, once in all processes that share what is kept here: neither a copy of its cookie nor a second
   * request with the same code may use it again. A second request that comes while the first is under way waits for it.
   *
   * @param finish exchanges the code and starts the session; its errors are thrown, and the login stays answered
   */
  finishOnce(login: AnsweredLogin, finish: () => Promise<void>): Promise<Finish>;
}
