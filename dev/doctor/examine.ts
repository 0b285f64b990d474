import { log } from "../../lib/log.ts";
import type { Environment } from "../start/environment.ts";
import { checkClock } from "./checks/clock.ts";
import { checkMessageApi } from "./checks/message-api.ts";
import { examineProvider, type ProviderName } from "./checks/provider.ts";
import { checkSessionSecret } from "./checks/session-secret.ts";
import { checkSessionStore } from "./checks/session-store.ts";
import { checkSettings } from "./checks/settings.ts";
import { Wire } from "./checks/wire.ts";
import type { Context } from "./context.ts";
import { type Check, type Results, run, skipped } from "./report/finding.ts";
import { createHide, createTell } from "./report/foreign-text.ts";
import { secretsOf } from "./report/secrets.ts";
import type { Situation } from "./report/situation.ts";

/** Milliseconds that all requests together may take. */
const TIME_LIMIT = 15_000;

/** Characters of a secret that are hidden also in what the doctor itself says: shorter ones may be its own words. */
const MIN_LENGTH = 8;

/** What came of all checks, without any secret in it. */
export interface Examination {
  readonly situation: Situation;
  readonly provider: ProviderName | null;
  readonly results: Results;
}

/**
 * Checks everything, as far as it can be checked. This process's environment becomes the server's, since `lib/` goes by
 * that.
 *
 * @param timeLimit milliseconds after which who has not answered counts as down
 */
export async function examine(situation: Situation, timeLimit = TIME_LIMIT): Promise<Examination> {
  const { results, usable, broken } = checkSettings(situation);
  const secrets = secretsOf(situation.environment);
  if (!usable) return hideIn({ situation, provider: null, results: { settings: results } }, secrets);
  setEnvironment(usable.environment);
  log.level = "silent"; // what goes wrong is told here
  const wire = new Wire(AbortSignal.timeout(timeLimit));
  const context: Context = {
    situation,
    settings: usable.settings,
    wire,
    tell: createTell(secrets),
    hide: createHide(secrets),
  };
  const unless = (setting: string, check: Check): Check =>
    broken.has(setting) ? () => skipped(`${setting} is wrong; see above.`) : check;
  try {
    const [provider, secret, store, api] = await Promise.all([
      examineProvider(context),
      run(
        unless("SESSION_SECRET", () => checkSessionSecret(context)),
        context.tell,
      ),
      run(
        unless("SESSION_STORE_URL", () => checkSessionStore(context)),
        context.tell,
      ),
      run(
        unless("API_SERVER_URL", () => checkMessageApi(context)),
        context.tell,
      ),
    ]);
    const found: Results = {
      ...provider.results,
      settings: results,
      "session-secret": secret,
      "session-store": store,
      "message-api": api,
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

/** The last word on secrets: whatever has been overlooked before. */
function hideIn(examination: Examination, secrets: readonly string[]): Examination {
  const hide = createHide(secrets.filter(({ length }) => length >= MIN_LENGTH));
  const results = Object.entries(examination.results).map(([check, found]) => [
    check,
    found.map((result) => ({ ...result, seen: hide(result.seen), fix: result.fix.map(hide) })),
  ]);
  return { ...examination, results: Object.fromEntries(results) };
}
