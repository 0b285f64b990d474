import { nowInSeconds } from "../clock.ts";
import { getSettings } from "../settings.ts"; // part: store
import { BoundedMap, ExpiringSet, sharedState } from "../shared-state.ts";
import { withoutTimes } from "./inspector/recording.ts"; // part: inspector
import { LoginError, requestRefresh, tryToRevoke } from "./provider/index.ts";
import type { Session, SessionData, SessionStorage } from "./session.ts";
import { hasExpired, needsIdleRenewal, needsRefresh, renewIdleTime, withClaims } from "./session.ts";
import {
  type CookieJar,
  clearSessionCookie,
  readSessionCookie,
  writeSessionCookie,
} from "./session-cookie.ts";
import { storedSessions } from "./stored/stored-sessions.ts"; // part: store
import { runHook } from "./user/run-hooks.ts";

/** Returns the session storage of this deployment. */
export function sessions(): SessionStorage {
  if (getSettings().sessionStoreUrl !== null) return storedSessions; // part: store
  return cookieSessions;
}

const MAX_REVOKED = 200_000; // this process keeps at most this many ids of revoked sessions, about 20 MB
const MAX_ANSWERED = 5_000; // this process remembers at most this many logins whose response has arrived
/** Holds the ids of revoked sessions, so that a copied cookie or a late response cannot restore these sessions. */
const revoked = () => sharedState("revoked sessions", () => new ExpiringSet(MAX_REVOKED));
/** Maps the `state` of a login to a promise while a request finishes the login, and to null afterwards. */
type Answered = BoundedMap<string, PromiseWithResolvers<"finished" | "failed"> | null>;
const answered = () => sharedState("answered logins", (): Answered => new BoundedMap(MAX_ANSWERED));

/** Keeps sessions in encrypted cookies. A process does not know which sessions other processes have revoked. */
const cookieSessions: SessionStorage = {
  async open(jar, onUnreadable) {
    const data = await readSessionCookie<SessionData>(jar, onUnreadable);
    if (data.v !== 1) return null;
    const session = withClaims(data as SessionData);
    return hasExpired(session) || revoked().has(session.id) ? null : session;
  },

  async start(jar, session, { replaced }) {
    await save(jar, session);
    if (!replaced) return;
    revoked().add(replaced.id, replaced.expiresAt); // a late response must not restore the replaced session
    await runHook("onLogout", replaced);
  },

  async update(jar, before, refreshed, { renew }) {
    const isChanged = refreshed !== before || (renew && needsIdleRenewal(before));
    if (!isChanged && !needsRefresh(before)) return before; // `open` has just checked the session
    if (revoked().has(before.id)) return null;
    if (!refreshed) return this.end(jar, before).then(() => null);
    return isChanged ? save(jar, renew ? renewIdleTime(refreshed) : refreshed) : refreshed;
  },

  async end(jar, session) {
    if (session) revoked().add(session.id, session.expiresAt);
    await clearSessionCookie(jar);
    if (session) await runHook("onLogout", session);
    return session;
  },

  async refresh(session, requestId) {
    const outcome = await requestRefresh(session, requestId);
    if (outcome.kind !== "refreshed") return outcome;
    const idTokenClaims = outcome.tokens.idTokenClaims ?? session.idTokenClaims;
    await runHook("onRefresh", { ...session, idTokenClaims });
    if (!revoked().has(session.id)) return outcome;
    await tryToRevoke(outcome.tokens.refreshToken);
    return { kind: "ended" };
  },

  async ensureAvailable() {},

  async claimLogin({ state }) {
    const claim = answered().get(state);
    if (claim) return (await claim.promise) === "finished" ? "finished" : "used";
    if (claim === null) return "used";
    answered().set(state, Promise.withResolvers());
    return "claimed";
  },

  async settleLogin({ state }, outcome) {
    answered().get(state)?.resolve(outcome);
    answered().set(state, null);
  },
};

/** Seals the session into the session cookie. @throws LoginError if the session does not fit into cookies */
async function save(jar: CookieJar, session: Session): Promise<Session> {
  const { idTokenClaims, ...data } = session;
  if (!(await writeSessionCookie(jar, data, session.idleExpiresAt - nowInSeconds()))) {
    if (session.times) return save(jar, withoutTimes(session)); // part: inspector
    const bytes = JSON.stringify(data).length;
    let advice = "make the provider issue smaller tokens, with fewer claims, groups or scopes";
    advice = `set SESSION_STORE_URL, or ${advice}`; // part: store
    const message = `the session of ${bytes} bytes does not fit into cookies`;
    throw new LoginError("configuration", message, { bytes, advice });
  }
  return session;
}
