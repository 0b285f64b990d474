import { log } from "../../lib/log.ts";
import type { Environment } from "../start/environment.ts";
import { checkBroker } from "./checks/broker.ts"; // part: broker
import { checkClock } from "./checks/clock.ts";
import { checkMessageApi } from "./checks/message-api.ts";
import { examineProvider, type ProviderName } from "./checks/provider.ts";
import { checkSessionSecret } from "./checks/session-secret.ts";
import { checkSessionStore } from "./checks/session-store.ts"; // part: store
import { checkSettings } from "./checks/settings.ts";
import { Wire } from "./checks/wire.ts";
import type { Context } from "./context.ts";
import { type Check, type Results, run, skipped } from "./report/finding.ts";
import { createHide, createTell, secretsOf } from "./report/foreign-text.ts";
import type { Situation } from "./report/situation.ts";

/** Milliseconds that all requests together may take. */
const TIME_LIMIT = 15_000;

/** The shortest secret that is hidden in the doctor's own texts. Shorter ones may be ordinary words. */
const MIN_LENGTH = 8;

/** The outcome of all checks. It contains no secrets. */
export interface Examination {
  readonly situation: Situation;
  readonly provider: ProviderName | null;
  readonly results: Results;
}

/**
 * Runs all checks that are possible. It changes the environment of this process to the server's, because `lib/` reads
 * it.
 *
 * @param timeLimit milliseconds after which requests without an answer are aborted
 */
export async function examine(situation: Situation, timeLimit = TIME_LIMIT): Promise<Examination> {
  const { results, usable, broken } = checkSettings(situation);
  const secrets = secretsOf(situation.environment);
  if (!usable) return hideIn({ situation, provider: null, results: { settings: results } }, secrets);
  setEnvironment(usable.environment);
  log.level = "silent"; // the report contains the errors
  const wire = new Wire(AbortSignal.timeout(timeLimit));
  const context: Context = {
    situation,
    settings: usable.settings,
    wire,
    tell: createTell(secrets),
    hide: createHide(secrets),
  };
  const runUnlessWrong = (setting: string, check: Check) =>
    run(broken.has(setting) ? () => skipped(`${setting} is wrong; see above.`) : check, context.tell);
  try {
    // All of them run at the same time.
    const examining = examineProvider(context);
    const secret = runUnlessWrong("SESSION_SECRET", () => checkSessionSecret(context));
    const store = runUnlessWrong("SESSION_STORE_URL", () => checkSessionStore(context)); // part: store
    const api = runUnlessWrong("API_SERVER_URL", () => checkMessageApi(context));
    const provider = await examining;
    const broker = await run(() => checkBroker(context), context.tell); // part: broker
    const found: Results = {
      ...provider.results,
      settings: results,
      "session-secret": await secret,
      "session-store": await store, // part: store
      "message-api": await api,
      "token-broker": broker, // part: broker
      clock: [checkClock(context)],
    };
    return hideIn({ situation, provider: provider.name, results: found }, secrets);
  } finally {
    wire.close();
  }
}

function setEnvironment(environment: Environment): void {
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** Hides secrets once more, in case a check has overlooked one. */
function hideIn(examination: Examination, secrets: readonly string[]): Examination {
  const hide = createHide(secrets.filter(({ length }) => length >= MIN_LENGTH));
  const results = Object.entries(examination.results).map(([check, found]) => [
    check,
    found.map((result) => ({ ...result, seen: hide(result.seen), fix: result.fix.map(hide) })),
  ]);
  return { ...examination, results: Object.fromEntries(results) };
}
