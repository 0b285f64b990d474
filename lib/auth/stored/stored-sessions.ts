import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { nowInSeconds } from "../../clock.ts";
import { LoginError, tryToRevoke } from "../provider/index.ts";
import {
  type AnsweredLogin,
  needsIdleRenewal,
  needsRefresh,
  renewIdleTime,
  type Session,
  type SessionStart,
  type SessionStorage,
} from "../session.ts";
import {
  type CookieJar,
  clearSessionCookie,
  readSessionCookie,
  writeSessionCookie,
} from "../session-cookie.ts";
import { digest, keyOf, store } from "./records.ts";
import { refreshStored } from "./refresh.ts";
import { endingsOf, indexSession } from "./session-index.ts";
import {
  readSession,
  removeSession,
  type StoredSession,
  wasRevoked,
  writeLastVisit,
  writeSession,
} from "./stored-session.ts";

const MAX_LENGTH = 250_000; // characters of all tokens and claims together
const MAX_USER_AGENT = 300; // characters
const VISIT_PRECISION = 300; // seconds; the app need not record a visit that follows sooner than this
const PROBE = randomUUID();
const PROBE_LIFETIME = 60; // seconds

/** A request waits while another request finishes the same login. Times in ms. */
const CHECK_EVERY = 50; // the waiting request looks for the result this often
const PATIENCE = 30_000; // it gives up after this time

/** Concurrent availability checks share one write, so that a flood of callbacks does not flood the store. */
let probing: Promise<void> | undefined;

/** Sessions in the store of `SESSION_STORE_URL`. The session cookie contains only the sealed, random id. */
export const storedSessions: SessionStorage = {
  open,
  start,
  update,
  end,
  refresh: refreshStored,
  async ensureAvailable() {
    // Write an entry, because a store can be read-only, for example if it is a replica or if its disk is full.
    probing ??= store()
      .set(keyOf("probe", PROBE), "1", nowInSeconds() + PROBE_LIFETIME)
      .finally(() => {
        probing = undefined;
      });
    return probing;
  },
  claimLogin,
  async settleLogin({ state, expiresAt }, outcome) {
    await store()
      .set(keyOf("answered", digest(state)), outcome, expiresAt)
      .catch(() => undefined); // if the store fails, the login stays claimed until it expires
  },
};

async function open(jar: CookieJar, onUnreadable?: (reason: string) => void): Promise<StoredSession | null> {
  const { stored: id } = await readSessionCookie<{ stored: unknown }>(jar, onUnreadable);
  return typeof id === "string" ? readSession(digest(id)) : null;
}

async function start(
  jar: CookieJar,
  session: Session,
  { replaced, userAgent, begunAt }: SessionStart,
): Promise<void> {
  const { idTokenClaims, ...data } = session;
  const { length } = JSON.stringify(data);
  if (length > MAX_LENGTH) {
    throw new LoginError("configuration", `the session of ${length} characters is too big to be stored`, {
      length,
      advice: "make the provider issue smaller tokens, with fewer claims, groups or scopes",
    });
  }
  const name = digest(session.id);
  const endings = await endingsOf(name, idTokenClaims, begunAt);
  await Promise.all([
    writeSession(name, session),
    writeLastVisit(name, {
      seenAt: nowInSeconds(),
      idleExpiresAt: session.idleExpiresAt,
      userAgent: userAgent?.slice(0, MAX_USER_AGENT) ?? null,
    }),
  ]);
  const old = [...(await indexSession(idTokenClaims, { name, expiresAt: session.expiresAt }))];
  const now = await endingsOf(name, idTokenClaims, begunAt);
  const isEnded = now === null || now !== endings; // a logout may have missed this session before it was listed
  if (isEnded) old.push(name);
  else if (replaced) old.push(digest(replaced.id));
  await Promise.all(old.map(removeSession));
  if (isEnded) {
    await tryToRevoke(session.refreshToken);
    throw new LoginError("login_expired", "the session was ended while its login was being completed");
  }
  await writeId(jar, session); // last, so that a failed login leaves the old session cookie as it was
}

async function update(
  jar: CookieJar,
  before: Session,
  refreshed: Session | null,
  { renew }: { readonly renew: boolean },
): Promise<StoredSession | null> {
  const visit = refreshed?.visit;
  if (!refreshed || !visit) {
    if (!(await wasRevoked(digest(before.id)))) await end(jar, before);
    return null;
  }
  const isLonger = renew && needsIdleRenewal(refreshed);
  const isNewVisit = isLonger || (renew && nowInSeconds() - visit.seenAt >= VISIT_PRECISION);
  const isSame = !isNewVisit && refreshed === before;
  if (!(isSame && !needsRefresh(before)) && (await wasRevoked(digest(before.id)))) return null;
  if (!isNewVisit) return { ...refreshed, visit };
  // The refresh has already stored the tokens, so only the visit has to be stored.
  const { idleExpiresAt } = isLonger ? renewIdleTime(refreshed) : refreshed;
  const renewed = { ...refreshed, idleExpiresAt, visit: { ...visit, seenAt: nowInSeconds(), idleExpiresAt } };
  await writeLastVisit(digest(before.id), renewed.visit);
  if (isLonger) await writeId(jar, renewed);
  return renewed;
}

async function end(jar: CookieJar, session: Session | null): Promise<Session | null> {
  const last = session && ((await removeSession(digest(session.id))) ?? session);
  await clearSessionCookie(jar);
  return last;
}

async function claimLogin({ state, expiresAt }: AnsweredLogin): Promise<"claimed" | "finished" | "used"> {
  const key = keyOf("answered", digest(state));
  if (await store().add(key, "pending", expiresAt)) return "claimed";
  const giveUpAt = performance.now() + PATIENCE;
  let [outcome] = await store().get([key]);
  if (outcome !== "pending") return "used";
  while (outcome === "pending" && performance.now() < giveUpAt) {
    await pause(CHECK_EVERY);
    [outcome] = await store().get([key]);
  }
  return outcome === "finished" ? "finished" : "used";
}

async function writeId(jar: CookieJar, { id, idleExpiresAt }: Session): Promise<void> {
  await writeSessionCookie(jar, { stored: id }, idleExpiresAt - nowInSeconds());
}
