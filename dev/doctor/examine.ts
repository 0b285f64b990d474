import { getProviderMetadata, isLoginError, toLoginError } from "../../lib/auth/provider/index.ts";
import { log } from "../../lib/log.ts";
import {
  type Context,
  error,
  ok,
  PROVIDER_CHECKS,
  type ProviderContext,
  type Result,
  type Results,
  runChecks,
  skipped,
  warning,
} from "./check.ts";
import { type Answer, askToLogIn, checkAuthenticationRequest } from "./checks/authentication-request.ts";
import { checkBroker } from "./checks/broker.ts"; // part: broker
import { checkClientAuthentication } from "./checks/client-authentication.ts";
import { checkDiscovery, explainDiscovery } from "./checks/discovery.ts";
import { checkLogOut } from "./checks/logout.ts";
import { checkMessageApi } from "./checks/message-api.ts";
import { checkKeys, checkMetadata, checkPkce, rejectedEndpoints } from "./checks/metadata.ts";
import { checkAudience, checkRefreshToken, checkScope } from "./checks/scopes.ts";
import { checkSessionSecret } from "./checks/session-secret.ts";
import { checkSessionStore } from "./checks/session-store.ts"; // part: store
import { checkSettings } from "./checks/settings.ts";
import { type Exchange, recordRequests } from "./checks/wire.ts";
import { recogniseProvider } from "./presets/presets.ts";
import { createHide, createTell, secretsOf } from "./report/foreign-text.ts";
import type { Situation } from "./report/situation.ts";

/** The time limit for all requests together. At its end, the doctor aborts the requests that are still running. */
const TIME_LIMIT = 15_000; // ms

/** Only secrets of at least this length are hidden in the doctor's own texts. Shorter ones may be ordinary words. */
const MIN_LENGTH = 8;

/** The outcome of all checks. `results` contains no secrets, but `situation` does. */
export interface Examination {
  readonly situation: Situation;
  /** `name` and `guide` (a link to the provider guide) are null for a provider that is not in providers.json. */
  readonly provider: Awaited<ReturnType<typeof examineProvider>>["provider"] | null;
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
  const tell = createTell(secrets);
  const wire = recordRequests(AbortSignal.timeout(timeLimit), { hide: createHide(secrets), tell });
  const context: Context = { situation, settings: usable.settings, wire, tell };
  const wrong = (setting: string) => broken.has(setting) && skipped(`${setting} is wrong; see above.`);
  const checks = {
    "session-secret": () => wrong("SESSION_SECRET") || checkSessionSecret(context),
    "session-store": () => wrong("SESSION_STORE_URL") || checkSessionStore(context), // part: store
    "message-api": () => wrong("API_SERVER_URL") || checkMessageApi(context),
  };
  try {
    const [{ provider, found }, others] = await Promise.all([
      examineProvider(context),
      runChecks(checks, tell),
    ]);
    const results: Results = { settings, ...found, ...others, clock: [checkClock(context)] };
    Object.assign(results, await runChecks({ "token-broker": () => checkBroker(context) }, tell)); // part: broker
    return hideIn({ situation, provider, results }, secrets);
  } finally {
    wire.close();
  }
}

/** Hides secrets in the results once more, in case a check has overlooked one. */
function hideIn(examination: Examination, secrets: readonly string[]): Examination {
  const hide = createHide(secrets.filter(({ length }) => length >= MIN_LENGTH));
  const hideText = (_: string, value: unknown) => (typeof value === "string" ? hide(value) : value);
  return { ...examination, results: JSON.parse(JSON.stringify(examination.results), hideText) };
}

/** Runs all checks of the provider. Skips most of them if the app cannot use the provider metadata. */
async function examineProvider(context: Context) {
  const { issuer } = context.settings.oidc;
  const outcome = await getProviderMetadata().catch((thrown) => toLoginError(thrown, "discovery"));
  const preset = recogniseProvider(issuer, isLoginError(outcome) ? {} : outcome);
  const provider = { issuer, name: preset?.name ?? null, guide: null as string | null };
  if (preset) provider.guide = `docs/providers.md#${preset.id}`; // part: docs
  if (!isLoginError(outcome))
    return { provider, found: await examineKnownProvider({ ...context, metadata: outcome, preset }) };
  const discovery = await explainDiscovery(outcome, context);
  const { refused } = outcome.detail;
  const failed = discovery.status === "skipped" ? discovery.seen : "Discovery failed.";
  const rest = [skipped(refused ? "The app rejects the provider metadata." : failed)];
  const found: Results = Object.fromEntries(Object.keys(PROVIDER_CHECKS).map((check) => [check, rest]));
  if (refused) found.metadata = rejectedEndpoints(refused, context.tell);
  return { provider, found: { ...found, discovery: [discovery] } };
}

function examineKnownProvider(context: ProviderContext): Promise<Results> {
  const asking = askToLogIn(context);
  const answered = (check: (answer: Answer, context: ProviderContext) => Result) => async () =>
    check(await asking, context);
  /** Turns an error into "skipped" if the client is unknown: the check "Client id and callback URL" reports that. */
  const unlessUnknown = (check: (context: ProviderContext) => Promise<Result>) => async () => {
    const [result, answer] = await Promise.all([check(context), asking]);
    return answer.verdict === "client" && result.status === "error"
      ? skipped("The provider does not know the client.")
      : result;
  };
  const checks = {
    discovery: () => checkDiscovery(context),
    metadata: () => checkMetadata(context),
    keys: () => checkKeys(context),
    pkce: () => checkPkce(context),
    "authentication-request": answered(checkAuthenticationRequest),
    scope: answered(checkScope),
    "client-authentication": unlessUnknown(checkClientAuthentication),
    audience: answered(checkAudience),
    "refresh-token": answered(checkRefreshToken),
    "log-out": unlessUnknown(checkLogOut),
  };
  return runChecks(checks, context.tell);
}

// Differences between clocks, in seconds. For ID tokens, the app tolerates 30 s.
const WARN_FROM = 5; // a larger difference is a warning
const FAIL_FROM = 30; // a larger difference is an error

/** The check "Clock": compares this machine's clock with the `Date` header of all responses (RFC 9110, 6.6.1). */
function checkClock({ wire, settings }: Context): Result {
  const isApi = ({ url }: Exchange) => url.origin === settings.apiServerUrl;
  const skews = [
    { whose: "the provider's", skew: skewOf(wire.exchanges.filter((one) => !isApi(one))) },
    { whose: "the API's", skew: skewOf(wire.exchanges.filter(isApi)) },
  ].filter(({ skew }) => !Number.isNaN(skew));
  const [worst] = skews.toSorted((a, b) => Math.abs(b.skew) - Math.abs(a.skew));
  if (!worst) return skipped("No server has sent a date.");
  const seconds = Math.round(Math.abs(worst.skew));
  if (seconds <= WARN_FROM)
    return ok(
      `The clock agrees with ${skews.map(({ whose }) => whose).join(" and ")}, within ${WARN_FROM} s.`,
    );
  const seen = `This machine's clock is ${seconds} s ${worst.skew < 0 ? "ahead of" : "behind"} ${worst.whose}.`;
  const fix =
    "Synchronise the clock with NTP (timedatectl set-ntp true, or the time settings of the system or virtual machine).";
  return seconds <= FAIL_FROM
    ? warning(`${seen} If the difference exceeds ${FAIL_FROM} s, tokens are rejected.`, fix)
    : error(`${seen} Tokens are rejected as expired, or as not yet valid.`, fix);
}

/** @returns the seconds that a server's clock is ahead, or NaN. Uses the value nearest 0: cached responses are old. */
function skewOf(exchanges: readonly Exchange[]): number {
  const skews = exchanges.map(({ response: { headers }, time }) => {
    const age = Number(headers.get("age") ?? 0) || 0;
    // `Date` contains whole seconds, rounded down. On average, the exact time is half a second later.
    return (Date.parse(headers.get("date") ?? "") + 500 + age * 1000 - time) / 1000;
  });
  const known = skews.filter((skew) => !Number.isNaN(skew));
  return known.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0] ?? Number.NaN;
}
