import { setTimeout as pause } from "node:timers/promises";
import { isProviderKnown } from "./auth/provider/index.ts";
import { sessions } from "./auth/session-storage.ts";
import { log, quote } from "./log.ts";
import { sharedState } from "./shared-state.ts";

const KEEP = 5_000; // in ms. All probes within this time share one check, because a check writes to the session store
const PATIENCE = 2_000; // in ms. A check that takes longer fails

type StoreCheck = Promise<{ readonly problem?: string }>;
type State = { checkedAt: number; store: StoreCheck; missing: string };

/** Lists what logins lack: "store" if a write to it fails, "provider" if its metadata is unknown. Logs each change. */
export async function findMissing(): Promise<string[]> {
  const initial = (): State => ({ checkedAt: -KEEP, store: Promise.resolve({}), missing: "" });
  const state = sharedState("readiness", initial);
  if (performance.now() - state.checkedAt >= KEEP) {
    Object.assign(state, { checkedAt: performance.now(), store: checkStore() });
  }
  const isKnown = isProviderKnown();
  const { problem } = await state.store;
  const missing = [problem === undefined ? "" : "store", isKnown ? "" : "provider"].filter(Boolean);
  if (String(missing) !== state.missing) {
    state.missing = String(missing);
    if (missing.length === 0) log.info({ step: "readiness" }, "ready");
    else log.warn({ step: "readiness", missing, ...(problem && { reason: problem }) }, "not ready");
  }
  return missing;
}

async function checkStore(): StoreCheck {
  const silent = { problem: `no answer within ${PATIENCE / 1_000} s` };
  const check = sessions().ensureAvailable();
  const answer = check.then(
    () => ({}),
    (error: unknown) => ({ problem: quote(error instanceof Error ? error.message : error) }),
  );
  return Promise.race([answer, pause(PATIENCE, silent, { ref: false })]);
}
