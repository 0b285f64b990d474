import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { nowInSeconds } from "../../clock.ts";
import { BoundedMap, sharedState } from "../../shared-state.ts";
import { LoginError } from "../errors.ts";
import { tryToRevoke } from "../provider/requests.ts";
import { needsIdleRenewal, renewIdleTime, type Session, type SessionData, toSession } from "../session.ts";
import {
  type CookieJar,
  clearSessionCookie,
  readSessionCookie,
  sessionCookieKey,
  writeSessionCookie,
} from "../session-cookie.ts";
import type { AnsweredLogin, Finish, FinishedLogin, SessionKeeper } from "../session-storage.ts";
import { digest, keyOf, store } from "./records.ts";
import { refreshInTurn } from "./refresh.ts";
import { endingsOf, enterSession } from "./session-index.ts";
import {
  readSession,
  removeSession,
  type StoredSession,
  VISIT_PRECISION,
  type Visit,
  wasEnded,
  writeSession,
  writeVisit,
} from "./stored-session.ts";

const MAX_OPENED = 10_000; // cookies whose id is kept in this process
const MAX_LENGTH = 250_000; // characters of all tokens and claims together
const MAX_USER_AGENT = 300; // characters
const PROBE = randomUUID();
const PROBE_LIFETIME = 60; // seconds

/** In ms: how often a request looks whether another one has finished the same login, and when it gives up. */
const LOOK_AGAIN_AFTER = 50;
const PATIENCE = 30_000;

/** All who ask at the same time share one write: anybody may open a callback's address, and a flood is none here. */
let probing: Promise<void> | undefined;

/** Session ids by the hash of the cookie that they came in. */
const ids = () => sharedState("session ids", () => new BoundedMap<string, string>(MAX_OPENED));

/** Sessions that live in the store of `SESSION_STORE_URL`; the cookie holds a sealed random id alone. */
export const storedSessions: SessionKeeper = {
  open,
  start,
  needsRenewal: (session) => needsIdleRenewal(session) || isLongAgo((session as StoredSession).visit),
  renew,
  hasEnded: ({ id }) => wasEnded(digest(id)),
  async end(jar, session) {
    const last = session && ((await removeSession(digest(session.id))) ?? session);
    await clearSessionCookie(jar);
    return last;
  },
  refreshOnce: refreshInTurn,
  async ensureAvailable() {
    // A store may be there to read from only: a replica, a full disk.
    probing ??= store()
      .set(keyOf("probe", PROBE), "1", nowInSeconds() + PROBE_LIFETIME)
      .finally(() => {
        probing = undefined;
      });
    return probing;
  },
  finishOnce,
};

async function open(jar: CookieJar, onUnreadable?: (reason: string) => void): Promise<StoredSession | null> {
  const id = await idFrom(jar, onUnreadable);
  return id === null ? null : readSession(digest(id));
}

async function idFrom(jar: CookieJar, onUnreadable?: (reason: string) => void): Promise<string | null> {
  const key = sessionCookieKey(jar);
  if (key === null) return null;
  const known = ids().get(key);
  if (known !== undefined) return known;
  const { stored } = await readSessionCookie<{ stored: unknown }>(jar, onUnreadable);
  if (typeof stored !== "string") return null;
  ids().set(key, stored);
  return stored;
}

async function start(
  jar: CookieJar,
  data: SessionData,
  { replaced, userAgent }: FinishedLogin,
): Promise<void> {
  const length = JSON.stringify(data).length;
  if (length > MAX_LENGTH) {
    throw new LoginError("configuration", `the session of ${length} characters is too big to be stored`, {
      length,
      advice: "have the provider issue smaller tokens: fewer claims, groups or scopes",
    });
  }
  const name = digest(data.id);
  const { idTokenClaims } = toSession(data);
  const endings = await endingsOf(name, idTokenClaims);
  await Promise.all([
    writeSession(name, data),
    writeVisit(name, {
      seenAt: nowInSeconds(),
      idleExpiresAt: data.idleExpiresAt,
      userAgent: userAgent?.slice(0, MAX_USER_AGENT) ?? null,
    }),
  ]);
  const old = [...(await enterSession(idTokenClaims, { name, expiresAt: data.expiresAt }))];
  const isEnded = (await endingsOf(name, idTokenClaims)) !== endings; // maybe before it was listed
  if (isEnded) old.push(name);
  else if (replaced) old.push(digest(replaced.id));
  await Promise.all(old.map(removeSession));
  if (isEnded) {
    await tryToRevoke(data.refreshToken);
    throw new LoginError(
      "login_expired",
      "all sessions of this person were ended while the login was finished",
    );
  }
  await writeId(jar, data); // last: a login that failed leaves the browser with the session it had
}

async function finishOnce({ state, expiresAt }: AnsweredLogin, finish: () => Promise<void>): Promise<Finish> {
  const key = keyOf("answered", digest(state));
  if (!(await store().add(key, "pending", expiresAt))) return finishedElsewhere(key);
  let outcome = "failed";
  try {
    await finish();
    outcome = "finished";
  } finally {
    await store()
      .set(key, outcome, expiresAt)
      .catch(() => undefined); // it stays answered
  }
  return "finished";
}

/** Waits for the request that is finishing a login, in this process or another. */
async function finishedElsewhere(key: string): Promise<Finish> {
  const giveUpAt = performance.now() + PATIENCE;
  let [outcome] = await store().get([key]);
  if (outcome !== "pending") return "answered before";
  while (outcome === "pending" && performance.now() < giveUpAt) {
    await pause(LOOK_AGAIN_AFTER);
    [outcome] = await store().get([key]);
  }
  return outcome === "finished" ? "shared" : "answered before";
}

/** The tokens of a refresh are in the store already; what is left is the visit. */
async function renew(jar: CookieJar, session: Session): Promise<StoredSession> {
  const { visit: before } = session as StoredSession;
  const { idleExpiresAt } = needsIdleRenewal(session) ? renewIdleTime(session) : session;
  const isLonger = idleExpiresAt !== before.idleExpiresAt;
  const isNoted = !isLonger && !isLongAgo(before);
  const visit = isNoted ? before : { ...before, seenAt: nowInSeconds(), idleExpiresAt };
  const renewed = { ...toSession(session), idleExpiresAt, visit };
  if (!isNoted) await writeVisit(digest(session.id), visit);
  if (isLonger) await writeId(jar, renewed);
  return renewed;
}

async function writeId(jar: CookieJar, { id, idleExpiresAt }: SessionData): Promise<void> {
  await writeSessionCookie(jar, { stored: id }, idleExpiresAt - nowInSeconds());
  const key = sessionCookieKey(jar);
  if (key !== null) ids().set(key, id);
}

function isLongAgo({ seenAt }: Visit): boolean {
  return nowInSeconds() - seenAt >= VISIT_PRECISION;
}
