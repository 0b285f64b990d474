import { setTimeout as pause } from "node:timers/promises";
import { nowInSeconds } from "../clock.ts";
import { log } from "../log.ts";
import { type SessionData, withTokens } from "./session-data.ts";
import type { RefreshOutcome } from "./session-keeper.ts";
import { digest, keyOf, store } from "./session-records.ts";
import { inTurn } from "./store-lock.ts";
import { readSession, writeSession } from "./stored-session.ts";

/** What one process has learnt the others need not ask for: why a refresh failed, and for how many seconds that holds. */
const KEEP_FAILURE = { unavailable: 5, refused: 60, invalid: 60 };

/** How often, and after which pause in ms, tokens are offered to a store that could not take them. */
const SAVE_AGAIN = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

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
    const outcome = await refresh(session);
    if (outcome.kind === "unavailable" || outcome.kind === "refused" || outcome.kind === "invalid") {
      const until = nowInSeconds() + KEEP_FAILURE[outcome.kind];
      await store().set(keyOf("failed", name), outcome.kind, until);
    }
    if (outcome.kind !== "refreshed") return outcome;
    const lives = await save(name, withTokens(session, outcome.tokens));
    return lives ? outcome : { kind: "ended" };
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

/** The old tokens may be spent: where the store fails now, visitors go on with the new ones, and it is asked again. */
async function save(name: string, session: SessionData): Promise<boolean> {
  try {
    return await writeSession(name, session);
  } catch (error) {
    log.error(
      { step: "refresh", reason: String(error) },
      "refreshed tokens could not be stored; trying again",
    );
    void saveAgain(name, session);
    return true;
  }
}

async function saveAgain(name: string, session: SessionData): Promise<void> {
  for (const milliseconds of SAVE_AGAIN) {
    await pause(milliseconds, undefined, { ref: false });
    try {
      await writeSession(name, session);
      log.info({ step: "refresh" }, "refreshed tokens stored at last");
      return;
    } catch {
      // the next attempt tells
    }
  }
  log.error({ step: "refresh" }, "refreshed tokens are lost: the session store was away for too long");
}
