import { setTimeout as pause } from "node:timers/promises";
import { nowInSeconds } from "../../clock.ts";
import { log } from "../../log.ts";
import { BoundedMap, sharedState } from "../../shared-state.ts";
import { tryToRevoke } from "../provider/requests.ts";
import { type SessionData, withTokens } from "../session.ts";
import type { RefreshOutcome } from "../session-storage.ts";
import { inTurn } from "./lock.ts";
import { digest, keyOf, store } from "./records.ts";
import { readSession, writeSession } from "./stored-session.ts";

/** What one process has learnt the others need not ask for: why a refresh failed, and for how many seconds that holds. */
const KEEP_FAILURE = { unavailable: 5, refused: 60, invalid: 60 };

/** In ms: tokens that the store could not take are offered to it again, ever more rarely, until that is in vain. */
const SAVE_AGAIN = { shortestPause: 250, longestPause: 2_000, giveUpAfter: 600_000 };
const MAX_UNSAVED = 1_000;

/** A session with tokens that the store does not know yet, while those that it knows may be spent. */
interface Unsaved {
  readonly before: SessionData;
  readonly session: SessionData;
}

const unsaved = () => sharedState("unsaved refreshes", () => new BoundedMap<string, Unsaved>(MAX_UNSAVED));

/**
 * Refreshes a session of the store: one process asks the provider, the others find its tokens in the store. Where that
 * process dies, the next one takes its turn.
 *
 * @param refresh asks the provider, given the session as the store holds it now
 * @throws StoreError where the store fails before the provider is asked
 */
export async function refreshInTurn(
  session: SessionData,
  refresh: (current: SessionData) => Promise<RefreshOutcome>,
): Promise<RefreshOutcome> {
  const name = digest(session.id);
  const elsewhere = () => refreshedElsewhere(name, session);
  const here = async (): Promise<RefreshOutcome> => {
    const known = await elsewhere();
    if (known) return known;
    const pending = unsaved().get(name);
    const outcome: RefreshOutcome = pending
      ? { kind: "refreshed", tokens: pending.session }
      : await refresh(session);
    if (outcome.kind === "unavailable" || outcome.kind === "refused" || outcome.kind === "invalid") {
      const until = nowInSeconds() + KEEP_FAILURE[outcome.kind];
      await store().set(keyOf("failed", name), outcome.kind, until);
    }
    if (outcome.kind !== "refreshed") return outcome;
    if (await save(name, { before: session, session: withTokens(session, outcome.tokens) })) return outcome;
    await tryToRevoke(outcome.tokens.refreshToken);
    return { kind: "ended" };
  };
  return (await inTurn(name, here, elsewhere)) ?? { kind: "unavailable" };
}

/** What another process has come to, if any. */
async function refreshedElsewhere(name: string, before: SessionData): Promise<RefreshOutcome | undefined> {
  const [current, [failed]] = await Promise.all([readSession(name), store().get([keyOf("failed", name)])]);
  if (!current) return { kind: "ended" };
  const isSame =
    current.accessToken === before.accessToken &&
    current.accessTokenExpiresAt === before.accessTokenExpiresAt;
  if (!isSame) return { kind: "refreshed", tokens: current };
  if (failed === "refused" || failed === "invalid" || failed === "unavailable") return { kind: failed };
  return undefined;
}

/** Where the store fails now, this process's visitors go on with the new tokens, and it is asked again. */
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
    if (!refreshed) return; // a request was first
    try {
      const known = await refreshedElsewhere(name, refreshed.before);
      const isKnown = known?.kind === "refreshed" || known?.kind === "ended";
      const hasEnded =
        known?.kind === "ended" || (!isKnown && !(await writeSession(name, refreshed.session)));
      unsaved().delete(name);
      if (hasEnded) return tryToRevoke(refreshed.session.refreshToken);
      return log.info({ step: "refresh" }, "refreshed tokens stored at last");
    } catch {
      // the next attempt tells
    }
  }
  unsaved().delete(name);
  log.error({ step: "refresh" }, "refreshed tokens are lost: the session store was away for too long");
}
