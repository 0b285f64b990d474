import { createHmac, randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { nowInSeconds } from "../../clock.ts";
import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { json, NO_STORE } from "../http.ts";
import { type Claims, decodeJwt, fetchUserinfo, requestRefresh, tryToRevoke } from "../provider/index.ts";
import { passwordsFor } from "../seal.ts";
import { type Session, withClaims, withTokens } from "../session.ts";
import { withLock } from "../stored/lock.ts";
import { digest, ENDED_LIFETIME } from "../stored/records.ts";
import { endingsOf } from "../stored/session-index.ts";
import { isSessionsUnavailable } from "../stored/unavailable.ts";
import { runHook } from "../user/run-hooks.ts";
import { issueAccessToken } from "./access-token.ts";
import { Refusal } from "./answers.ts";
import { personClaims } from "./claims.ts";
import { signingKey } from "./keys.ts";
import { endProgram, type Program, readProgram, writeProgram } from "./programs.ts";

/** A program that did not receive its new refresh token can send the old one again for this many seconds. */
const RETRY_WINDOW = 10;

const ID_LENGTH = 16; // bytes
const SECRET_LENGTH = 32;
const REFRESH_TOKEN = /^[\w-]{64}$/;

const MAX_LENGTH = 250_000; // characters of all tokens and claims together
const MAX_USER_AGENT = 300; // characters

/** After this many failed attempts to store the provider's new tokens, the program gets an error. It may then retry. */
const SAVE_ATTEMPTS = 4;
const SAVE_PAUSE = 250; // ms
/** Attempts stop after this many seconds. Ended logins are remembered for longer, so no attempt can restore them. */
const SAVE_PATIENCE = ENDED_LIFETIME / 2;

/** The content of a token response (RFC 6749, 5.1). Times are Unix seconds. */
export interface Issued {
  readonly accessToken: string;
  readonly expiresAt: number;
  readonly scope: string;
  /** The refresh token; null if none is issued. */
  readonly refresh: { readonly token: string; readonly expiresAt: number } | null;
}

/** The program's user agent, and the time of its login. */
export interface Start {
  readonly userAgent: string | null;
  /** When the provider's tokens were requested, in Unix milliseconds. */
  readonly begunAt: number;
}

/** The program's user agent, by which a person can recognize the program in a list. */
export function userAgentOf({ headers }: Request): string | null {
  return headers.get("user-agent")?.slice(0, MAX_USER_AGENT) ?? null;
}

/** The token response. Programs for this broker read `expires` (Unix seconds), other OAuth clients `expires_in`. */
export function tokenAnswer({ accessToken, expiresAt, scope, refresh }: Issued, more: object = {}): Response {
  const body = {
    access_token: accessToken,
    token_type: "Bearer",
    expires: expiresAt,
    expires_in: Math.max(0, expiresAt - nowInSeconds()),
    refresh_token: refresh?.token ?? "",
    refresh_expires: refresh?.expiresAt ?? expiresAt,
    scope,
    ...more,
  };
  return json(body, 200, { ...NO_STORE, pragma: "no-cache" });
}

/**
 * Starts a program's login with the provider's tokens, and issues the program's first tokens.
 *
 * @throws Refusal if the tokens are too big, or a logout ended this login in the meantime
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function startProgram(session: Session, { userAgent, begunAt }: Start): Promise<Issued> {
  const { idTokenClaims, visit, ...data } = session;
  if (JSON.stringify(data).length > MAX_LENGTH) {
    throw new Refusal(502, "server_error", "The identity provider's tokens are too big to be stored.");
  }
  const name = digest(session.id);
  const token = session.refreshToken === null ? null : newRefreshToken(session.id);
  const issued = await issue(name, session, token);
  const now = nowInSeconds();
  const endings = await endingsOf(name, idTokenClaims, begunAt);
  const isLive = await writeProgram(name, {
    v: 1,
    session: data,
    userAgent,
    usedAt: now,
    expiresAt: issued.refresh?.expiresAt ?? issued.expiresAt,
    rotation: token === null ? null : { current: digest(token), previous: null, retryUntil: 0 },
  });
  const after = await endingsOf(name, idTokenClaims, begunAt);
  if (isLive && after !== null && after === endings) return issued;
  const ended = await endProgram(name); // the logout may have been too early to find this login
  if (!ended) await tryToRevoke(session.refreshToken);
  throw new Refusal(400, "invalid_grant", "The login was ended before it was finished.");
}

/**
 * Refreshes a program's tokens (RFC 6749, 6). Refreshes the provider's tokens first. If the provider refuses, ends the
 * program's login. Otherwise replaces the program's refresh token. The old one still works for a few seconds, in case
 * the program missed the response. A later use ends the login, because the token may be stolen (RFC 9700, 4.14.2).
 *
 * If the store keeps failing after the provider has responded, the program gets an error. The lock is held while the
 * app tries to store the new tokens, because no instance may use the provider's old refresh token again.
 *
 * @throws Refusal if the refresh token is invalid, or if the provider is unavailable or refuses
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function refreshProgram(
  token: string,
  userAgent: string | null,
  requestId: string,
): Promise<Issued> {
  const id = idIn(token);
  if (id === null) throw invalidGrant();
  const name = digest(id);
  if (!(await readProgram(name))) throw invalidGrant(); // a lock would be two writes, which anyone could cause
  const failed = Promise.withResolvers<never>();
  const refreshing = withLock(name, async () => {
    const program = await readProgram(name);
    if (!program?.rotation) throw invalidGrant();
    const given = digest(token);
    const { current, previous, retryUntil } = program.rotation;
    if (given === current) return rotate(name, program, token, { userAgent, requestId, fail: failed.reject });
    const successor = successorsOf(token).find((candidate) => digest(candidate) === current);
    if (given === previous && nowInSeconds() <= retryUntil && successor !== undefined)
      return issue(name, withClaims(program.session), successor);
    log.warn({ requestId, step: "broker" }, "a refresh token was used again; the program is logged out");
    await endProgram(name);
    throw invalidGrant();
  });
  const issued = await Promise.race([refreshing, failed.promise]);
  if (issued) return issued;
  throw new Refusal(
    502,
    "temporarily_unavailable",
    "Another refresh of this login is taking too long. Try again.",
  );
}

/** A program's request for new tokens. */
interface RefreshRequest {
  readonly userAgent: string | null;
  readonly requestId: string;
  /** Sends an error to the program while the refresh continues. */
  readonly fail: (error: unknown) => void;
}

async function rotate(
  name: string,
  program: Program,
  token: string,
  { userAgent, requestId, fail }: RefreshRequest,
): Promise<Issued> {
  const session = withClaims(program.session);
  await signingKey(); // without a signing key, throws before the provider's refresh token is used up
  const outcome = await requestRefresh(session, requestId);
  if (outcome.kind === "unavailable") {
    throw new Refusal(502, "temporarily_unavailable", "The identity provider cannot be reached now.");
  }
  if (outcome.kind !== "refreshed") {
    await endProgram(name);
    throw invalidGrant();
  }
  const newest = await withUserinfo(
    withTokens(session, outcome.tokens),
    outcome.tokens.idTokenClaims,
    requestId,
  );
  const { idTokenClaims, visit, ...data } = newest;
  const [next = ""] = successorsOf(token);
  const now = nowInSeconds();
  const refreshed = {
    ...program,
    session: data,
    userAgent,
    usedAt: now,
    expiresAt: now + getSettings().broker.refreshLifetime,
  };
  const isLive = await save(fail, (retryWindow) => {
    const retryUntil = nowInSeconds() + retryWindow;
    const rotation = { current: digest(next), previous: digest(token), retryUntil };
    return writeProgram(name, { ...refreshed, rotation });
  });
  if (!isLive) {
    await tryToRevoke(data.refreshToken);
    throw invalidGrant();
  }
  await runHook("onRefresh", newest);
  return issue(name, newest, next);
}

/**
 * Updates the session's userinfo, because it may contain roles. If the provider sends none, keeps the old userinfo. The
 * claims of an ID token from this refresh then replace its claims, so that no role counts that the ID token denies.
 */
async function withUserinfo(session: Session, idToken: Claims | null, requestId: string): Promise<Session> {
  const fetched = await fetchUserinfo(session, String(session.idTokenClaims.sub)).catch(() => null);
  if (fetched || !session.userinfo) return { ...session, userinfo: fetched };
  log.warn(
    { requestId, step: "broker" },
    "the provider sent no userinfo at a refresh; keeping the old userinfo",
  );
  return { ...session, userinfo: { ...session.userinfo, ...idToken } };
}

/**
 * Stores a refreshed program. If the store fails, tries again for some minutes, because the provider's old refresh
 * token is used up. If the program got an error in the meantime, it may send its old refresh token again.
 *
 * @param fail called with the error after some failed attempts, because the program is waiting for a response
 * @returns whether the program is still logged in
 * @throws SessionsUnavailableError if the store is still unavailable at the last attempt
 */
async function save(
  fail: (error: unknown) => void,
  write: (retryWindow: number) => Promise<boolean>,
): Promise<boolean> {
  const giveUpAt = nowInSeconds() + SAVE_PATIENCE;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write(attempt > SAVE_ATTEMPTS ? SAVE_PATIENCE : RETRY_WINDOW);
    } catch (error) {
      if (!isSessionsUnavailable(error) || nowInSeconds() >= giveUpAt) throw error;
      if (attempt >= SAVE_ATTEMPTS) fail(error);
      await pause(SAVE_PAUSE);
    }
  }
}

async function issue(name: string, session: Session, refreshToken: string | null): Promise<Issued> {
  const { userinfo, idTokenClaims, accessToken, scope } = session;
  const person = personClaims(userinfo ?? {}, idTokenClaims, decodeJwt(accessToken)?.claims ?? {});
  const issued = await issueAccessToken({ sub: String(idTokenClaims.sub), scope, person, program: name });
  const expiresAt = nowInSeconds() + getSettings().broker.refreshLifetime;
  return { ...issued, scope, refresh: refreshToken === null ? null : { token: refreshToken, expiresAt } };
}

function invalidGrant(): Refusal {
  return new Refusal(400, "invalid_grant", "The refresh token is not valid. Log in again.");
}

/** Creates a refresh token, which contains the login's id and a secret. The store contains only the token's digest. */
function newRefreshToken(id: string): string {
  return toToken(Buffer.from(id.replaceAll("-", ""), "hex"), randomBytes(SECRET_LENGTH));
}

/** The id of the login that a refresh token belongs to. Null if the text is not a refresh token. */
function idIn(token: string): string | null {
  if (!REFRESH_TOKEN.test(token)) return null;
  const hex = Buffer.from(token, "base64url").subarray(0, ID_LENGTH).toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * The refresh token that replaces `token`. It is derived from `token` and `SESSION_SECRET`, so a program that repeats
 * its request gets the same refresh token, although the store contains only digests.
 *
 * @returns one token for each secret. The app issues the first, and compares all with the stored digest
 */
function successorsOf(token: string): string[] {
  const { sealing, opening } = passwordsFor("store");
  const passwords = [...new Set([...Object.values(sealing), ...Object.values(opening)])];
  const id = Buffer.from(token, "base64url").subarray(0, ID_LENGTH);
  return passwords.map((password) =>
    toToken(id, createHmac("sha256", password).update(`refresh token after ${token}`).digest()),
  );
}

function toToken(id: Buffer, secret: Buffer): string {
  return Buffer.concat([id, secret]).toString("base64url");
}
