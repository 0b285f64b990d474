import { hash } from "node:crypto";
import { BoundedMap, sharedState } from "../shared-state.ts";
import type { RefreshOutcome } from "./provider/index.ts";
import { hasExpiredAccessToken, needsRefresh, type Session, withTokens } from "./session.ts";
import { sessions } from "./session-storage.ts";

const KEEP_RESULT = 60_000; // ms; during this time, requests with the old cookie get the same new tokens
const KEEP_FAILURE = 5_000; // ms; during this time, the app does not ask an unavailable provider again
const MAX_OUTCOMES = 10_000;
const MAX_STEPS = 3; // an old cookie may hold tokens that have been refreshed several times since
/** Holds recent refreshes under a hash of the old tokens. Requests with the same old tokens share one refresh. */
type Outcomes = BoundedMap<string, Promise<RefreshOutcome>>;
const outcomes = () => sharedState("refreshes", (): Outcomes => new BoundedMap(MAX_OUTCOMES));

/** Refreshes tokens that are about to expire (RFC 6749, 6). @returns null if an expired token can never be refreshed */
export async function refreshSession(session: Session, requestId: string): Promise<Session | null> {
  let current = session;
  for (let step = 0; step < MAX_STEPS && needsRefresh(current) && current.refreshToken !== null; step += 1) {
    const isKnown = outcomes().get(keyOf(current)) !== undefined;
    const outcome = await sharedRefresh(current, requestId);
    // A refusal does not end a session with a valid access token: another instance may have just refreshed the session.
    if (endsSession(outcome, current)) return null;
    if (outcome.kind !== "refreshed") break;
    current = withTokens(current, outcome.tokens);
    if (!isKnown) break; // these tokens are new: do not refresh them again, even if they have already expired
  }
  return hasExpiredAccessToken(current) && current.refreshToken === null ? null : current;
}

/** Returns the session with the newest tokens that this process has. Waits for a refresh in progress. */
export async function withNewestTokens(session: Session): Promise<Session> {
  let newest = session;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const pending = outcomes().get(keyOf(newest));
    const outcome = await pending?.catch(() => undefined); // `pending` rejects if the store is unavailable
    if (outcome?.kind !== "refreshed") break;
    newest = withTokens(newest, outcome.tokens);
  }
  return newest;
}

/** Whether the access token is valid or can be refreshed, as far as this process knows. */
export async function isUsable(session: Session): Promise<boolean> {
  if (!hasExpiredAccessToken(session)) return true;
  if (session.refreshToken === null) return false;
  const outcome = await outcomes().get(keyOf(session));
  return outcome === undefined || !endsSession(outcome, session);
}

function endsSession({ kind }: RefreshOutcome, session: Session): boolean {
  return (kind === "refused" || kind === "invalid") && hasExpiredAccessToken(session);
}

function sharedRefresh(session: Session, requestId: string): Promise<RefreshOutcome> {
  const [kept, key] = [outcomes(), keyOf(session)];
  const known = kept.get(key);
  if (known) return known;
  const fresh = sessions().refresh(session, requestId);
  kept.set(key, fresh);
  fresh.then(
    ({ kind }) => {
      const keep = kind === "unavailable" ? KEEP_FAILURE : KEEP_RESULT;
      setTimeout(() => kept.delete(key), keep).unref();
    },
    () => kept.delete(key), // the session store is unavailable: the next request tries again
  );
  return fresh;
}

/** The key includes the access token, because some providers return the same refresh token at each refresh. */
function keyOf({ refreshToken, accessToken }: Session): string {
  return hash("sha256", `${refreshToken} ${accessToken}`, "base64");
}
