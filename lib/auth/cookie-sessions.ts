import { nowInSeconds } from "../clock.ts";
import { BoundedMap, ExpiringSet, sharedState } from "../shared-state.ts";
import { LoginError } from "./errors.ts";
import { tryToRevoke } from "./provider/requests.ts";
import {
  hasEnded,
  needsIdleRenewal,
  renewIdleTime,
  type Session,
  type SessionData,
  toSession,
} from "./session.ts";
import {
  type CookieJar,
  CookiesTooSmallError,
  clearSessionCookie,
  readSessionCookie,
  sessionCookieKey,
  writeSessionCookie,
} from "./session-cookie.ts";
import type { AnsweredLogin, Finish, FinishedLogin, SessionKeeper } from "./session-storage.ts";

const MAX_OPENED = 2_000; // sessions kept open in this process
const MAX_ENDED = 200_000; // ended sessions remembered in this process, in some 20 MB
const MAX_ANSWERED = 5_000; // answered logins remembered in this process

/** Sessions by the hash of the cookie that they came in: opening a seal costs as much as rendering a small page. */
const opened = () => sharedState("opened sessions", () => new BoundedMap<string, Session>(MAX_OPENED));

/** Sessions that were ended here, so that a copy of their cookie, or a request still under way, does not restore them. */
const ended = () => sharedState("ended sessions", () => new ExpiringSet(MAX_ENDED));

/** Answered logins by their state: a promise while the answer is being worked on, null afterwards. */
const answered = () =>
  sharedState("answered logins", () => new BoundedMap<string, Promise<void> | null>(MAX_ANSWERED));

/**
 * Sessions that live whole in encrypted cookies. They are opened from memory where this process opened the same cookie
 * before; their own end is checked every time.
 */
export const cookieSessions: SessionKeeper = {
  open,
  start,
  needsRenewal: needsIdleRenewal,
  async renew(jar, session) {
    const renewed = renewIdleTime(session);
    await save(jar, renewed);
    return toSession(renewed);
  },
  hasEnded: async (session) => wasEndedHere(session),
  async end(jar, session) {
    if (session) ended().add(session.id, session.expiresAt);
    await clearSessionCookie(jar);
    return session;
  },
  /** Once in this process, that is: the provider has to bear that others do the same. */
  async refreshOnce(session, refresh) {
    const outcome = await refresh(session);
    if (outcome.kind !== "refreshed" || !wasEndedHere(session)) return outcome;
    await tryToRevoke(outcome.tokens.refreshToken);
    return { kind: "ended" };
  },
  ensureAvailable: async () => undefined,
  finishOnce,
};

async function open(jar: CookieJar, onUnreadable?: (reason: string) => void): Promise<Session | null> {
  const key = sessionCookieKey(jar);
  if (key === null) return null;
  let session = opened().get(key);
  if (!session) {
    const data = await readSessionCookie<SessionData>(jar, onUnreadable);
    if (data.v !== 1) return null;
    session = toSession(data as SessionData);
    opened().set(key, session);
  }
  return hasEnded(session) || wasEndedHere(session) ? null : session;
}

async function start(jar: CookieJar, data: SessionData, { replaced }: FinishedLogin): Promise<void> {
  await save(jar, data);
  if (replaced) ended().add(replaced.id, replaced.expiresAt); // an answer still under way must not bring it back
}

async function finishOnce({ state }: AnsweredLogin, finish: () => Promise<void>): Promise<Finish> {
  const known = answered().get(state);
  if (known === null) return "answered before";
  if (known) return known.then(() => "shared");
  const finishing = finish();
  answered().set(state, finishing);
  return finishing.then(() => "finished" as const).finally(() => answered().set(state, null));
}

/** Seals the session into the jar. */
async function save(jar: CookieJar, data: SessionData): Promise<void> {
  try {
    const { idTokenClaims, ...sealed } = data as Session; // can be worked out from the ID token
    await writeSessionCookie(jar, sealed, data.idleExpiresAt - nowInSeconds());
  } catch (error) {
    if (!(error instanceof CookiesTooSmallError)) throw error;
    const bytes = JSON.stringify(data).length;
    throw new LoginError("configuration", `the session of ${bytes} bytes does not fit into cookies`, {
      bytes,
      advice:
        "set SESSION_STORE_URL, or have the provider issue smaller tokens: fewer claims, groups or scopes",
    });
  }
  const key = sessionCookieKey(jar);
  if (key !== null) opened().set(key, toSession(data));
}

function wasEndedHere({ id }: SessionData): boolean {
  return ended().has(id);
}
