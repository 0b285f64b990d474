import { setTimeout as pause } from "node:timers/promises";
import { nowInSeconds } from "../../clock.ts";
import { log } from "../../log.ts";
import { BoundedMap, sharedState } from "../../shared-state.ts";
import { type RefreshOutcome, requestRefresh, tryToRevoke } from "../provider/index.ts";
import { type Session, withTokens } from "../session.ts";
import { runHook } from "../user/run-hooks.ts";
import { withLock } from "./lock.ts";
import { digest, keyOf, store } from "./records.ts";
import { readSession, writeSession } from "./stored-session.ts";

/** After a failed refresh, other processes reuse the outcome for this many seconds. They do not ask the provider. */
const KEEP_FAILURE = { unavailable: 5, refused: 60, invalid: 60 };

/** If the store fails, a process tries again to store new tokens, with these pauses and this time limit, in ms. */
const SAVE_AGAIN = { shortestPause: 250, longestPause: 2_000, giveUpAfter: 600_000 };
const MAX_UNSAVED = 1_000;

/** A refreshed session that could not be stored yet. The store has only the old refresh token, which may be used up. */
interface Unsaved {
  readonly before: Session;
  readonly session: Session;
}

const unsaved = () => sharedState("unsaved refreshes", () => new BoundedMap<string, Unsaved>(MAX_UNSAVED));

/**
 * Refreshes a stored session. One process requests new tokens from the provider, and the others find the tokens in the
 * store. If the first process dies, another one gets the lock.
 *
 * @throws SessionsUnavailableError if the store fails, unless the provider has just issued new tokens
 */
export async function refreshStored(session: Session, requestId: string): Promise<RefreshOutcome> {
  const name = digest(session.id);
  const elsewhere = () => refreshedElsewhere(name, session);
  const here = async (): Promise<RefreshOutcome> => {
    const known = await elsewhere();
    if (known) return known;
    const pending = unsaved().get(name);
    const outcome: RefreshOutcome = pending
      ? { kind: "refreshed", tokens: pending.session }
      : await requestRefresh(session, requestId);
    if (outcome.kind === "unavailable" || outcome.kind === "refused" || outcome.kind === "invalid") {
      const until = nowInSeconds() + KEEP_FAILURE[outcome.kind];
      await store().set(keyOf("failed", name), outcome.kind, until);
    }
    if (outcome.kind !== "refreshed") return outcome;
    const refreshed = withTokens(session, outcome.tokens);
    if (!(await save(name, { before: session, session: refreshed }))) {
      await tryToRevoke(outcome.tokens.refreshToken);
      return { kind: "ended" };
    }
    if (!pending) await runHook("onRefresh", refreshed);
    return outcome;
  };
  return (await withLock(name, here, elsewhere)) ?? { kind: "unavailable" };
}

/** Whether another process has refreshed or ended the session, or failed to refresh it. @returns undefined if not */
async function refreshedElsewhere(name: string, before: Session): Promise<RefreshOutcome | undefined> {
  const [current, [failed]] = await Promise.all([readSession(name), store().get([keyOf("failed", name)])]);
  if (!current) return { kind: "ended" };
  const isSame =
    current.accessToken === before.accessToken &&
    current.accessTokenExpiresAt === before.accessTokenExpiresAt;
  if (!isSame) return { kind: "refreshed", tokens: current };
  if (failed === "refused" || failed === "invalid" || failed === "unavailable") return { kind: failed };
  return undefined;
}

/** Stores new tokens. If the store fails, keeps trying in the background. @returns false if the session has ended */
async function save(name: string, refreshed: Unsaved): Promise<boolean> {
  try {
    const lives = await writeSession(name, refreshed.session);
    unsaved().delete(name);
    return lives;
  } catch (error) {
    log.error(
      { step: "refresh", reason: String(error) },
      "refreshed tokens could not be stored; trying again",
    );
    if (!unsaved().get(name)) void saveAgain(name);
    unsaved().set(name, refreshed);
    return true;
  }
}

async function saveAgain(name: string): Promise<void> {
  const { shortestPause, longestPause, giveUpAfter } = SAVE_AGAIN;
  const giveUpAt = performance.now() + giveUpAfter;
  for (let wait = shortestPause; performance.now() < giveUpAt; wait = Math.min(2 * wait, longestPause)) {
    await pause(wait, undefined, { ref: false });
    const refreshed = unsaved().get(name);
    if (!refreshed) return; // another refresh has stored tokens, or the map was full
    try {
      const known = await refreshedElsewhere(name, refreshed.before);
      const isKnown = known?.kind === "refreshed" || known?.kind === "ended";
      const isRevoked =
        known?.kind === "ended" || (!isKnown && !(await writeSession(name, refreshed.session)));
      unsaved().delete(name);
      if (isRevoked) return tryToRevoke(refreshed.session.refreshToken);
      return log.info({ step: "refresh" }, "after a retry, the store contains refreshed tokens");
    } catch {
      // the store still fails; try again
    }
  }
  unsaved().delete(name);
  log.error({ step: "refresh" }, "refreshed tokens are lost: the session store was unavailable for too long");
}
