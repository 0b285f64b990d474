import { log } from "../../lib/log.ts";
import { checkBroker } from "./checks/broker.ts"; // part: broker
import { checkClock } from "./checks/clock.ts";
import { checkMessageApi } from "./checks/message-api.ts";
import { examineProvider, type ProviderName } from "./checks/provider.ts";
import { checkSessionSecret } from "./checks/session-secret.ts";
import { checkSessionStore } from "./checks/session-store.ts"; // part: store
import { checkSettings } from "./checks/settings.ts";
import { Wire } from "./checks/wire.ts";
import type { Context } from "./context.ts";
import { type Check, type Results, runChecks, skipped } from "./report/finding.ts";
import { createHide, createTell, secretsOf } from "./report/foreign-text.ts";
import type { Situation } from "./report/situation.ts";

/** The time limit for all requests together. Requests that are still running at this time are aborted. */
const TIME_LIMIT = 15_000; // ms

/** Only secrets of at least this length are hidden in the doctor's own texts. Shorter ones may be ordinary words. */
const MIN_LENGTH = 8;

/** The outcome of all checks. It contains no secrets. */
export interface Examination {
  readonly situation: Situation;
  readonly provider: ProviderName | null;
  readonly results: Results;
}

/** Runs all checks that are possible. Copies the server's settings into `process.env`, where `lib/` reads them. */
export async function examine(situation: Situation, timeLimit = TIME_LIMIT): Promise<Examination> {
  const { results: settings, usable, broken } = checkSettings(situation);
  const secrets = secretsOf(situation.environment);
  if (!usable) return hideIn({ situation, provider: null, results: { settings } }, secrets);
  for (const [name, value] of Object.entries(usable.environment)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  log.level = "silent"; // the report shows the errors instead
  const wire = new Wire(AbortSignal.timeout(timeLimit));
  const tell = createTell(secrets);
  const context: Context = { situation, settings: usable.settings, wire, tell, hide: createHide(secrets) };
  const unlessWrong = (setting: string, check: (context: Context) => ReturnType<Check>) => () =>
    broken.has(setting) ? skipped(`${setting} is wrong; see above.`) : check(context);
  const checks = {
    "session-secret": unlessWrong("SESSION_SECRET", checkSessionSecret),
    "session-store": unlessWrong("SESSION_STORE_URL", checkSessionStore), // part: store
    "message-api": unlessWrong("API_SERVER_URL", checkMessageApi),
  };
  try {
    const [provider, others] = await Promise.all([examineProvider(context), runChecks(checks, tell)]);
    const results: Results = { settings, ...provider.results, ...others, clock: [checkClock(context)] };
    Object.assign(results, await runChecks({ "token-broker": () => checkBroker(context) }, tell)); // part: broker
    return hideIn({ situation, provider: provider.name, results }, secrets);
  } finally {
    wire.close();
  }
}

/** Hides secrets once more, in case a check has overlooked one. */
function hideIn(examination: Examination, secrets: readonly string[]): Examination {
  const hide = createHide(secrets.filter(({ length }) => length >= MIN_LENGTH));
  const hideText = (_: string, value: unknown) => (typeof value === "string" ? hide(value) : value);
  return { ...examination, results: JSON.parse(JSON.stringify(examination.results), hideText) };
}
