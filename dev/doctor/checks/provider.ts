import type { Context, ProviderContext } from "../context.ts";
import { guideTo, recogniseProvider } from "../presets/presets.ts";
import { type Check, type CheckName, type Result, type Results, run, skipped } from "../report/finding.ts";
import { askToLogIn, checkAuthenticationRequest, compareCallbackUrls } from "./authentication-request.ts";
import { checkClientAuthentication } from "./client-authentication.ts";
import { checkDiscovery } from "./discovery.ts";
import { checkKeys } from "./keys.ts";
import { checkLogOut } from "./log-out.ts";
import { checkMetadata, checkPkce, refusedEndpoints } from "./metadata.ts";
import { checkAudience, checkRefreshToken, checkScope } from "./scopes.ts";

/** The provider, for the head of the report. */
export interface ProviderName {
  readonly issuer: string;
  /** Its name, and its section in the provider guide; null for a provider that is not in the table. */
  readonly name: string | null;
  readonly guide: string | null;
}

/** The checks that need the provider's metadata. */
const AFTER_DISCOVERY = [
  "metadata",
  "keys",
  "pkce",
  "authentication-request",
  "scope",
  "client-authentication",
  "audience",
  "refresh-token",
  "log-out",
] as const satisfies readonly CheckName[];

/** Whether a check is about the provider and its console, so that the provider guide helps. */
export function isAboutProvider(check: CheckName): boolean {
  return ["discovery", ...AFTER_DISCOVERY].includes(check);
}

/** Checks the provider. If discovery fails, the other checks are skipped. */
export async function examineProvider(
  context: Context,
): Promise<{ readonly name: ProviderName; readonly results: Results }> {
  const { issuer } = context.settings.oidc;
  const { result, metadata, refused } = await checkDiscovery(context);
  const preset = recogniseProvider(issuer, metadata ?? {});
  const name = { issuer, name: preset?.name ?? null, guide: preset && guideTo(preset) };
  if (refused) {
    const skip = skipAfterDiscovery(skipped("The provider metadata is rejected."));
    const metadataResults = refusedEndpoints(refused, context.tell);
    return { name, results: { ...skip, discovery: [result], metadata: metadataResults } };
  }
  if (!metadata) return { name, results: { discovery: [result], ...skipAfterDiscovery(result) } };
  const results = await examineKnownProvider({ ...context, metadata, preset });
  return { name, results: { discovery: [result], ...results } };
}

async function examineKnownProvider(context: ProviderContext): Promise<Results> {
  const safely = (check: Check) => run(check, context.tell);
  const [{ keys, client }, answer, logout] = await Promise.all([
    examineKeysAndClient(context),
    askToLogIn(context),
    safely(() => checkLogOut(context)),
  ]);
  // An unknown client is reported only once.
  const isUnknown = answer.verdict === "refused" && answer.refusal.about === "client";
  const skipIfUnknown = (results: readonly Result[]) =>
    results.map((result) =>
      isUnknown && result.status === "error" ? skipped("The provider does not know the client.") : result,
    );
  const request = await safely(() => checkAuthenticationRequest(answer, context));
  return {
    metadata: await safely(() => checkMetadata(context)),
    pkce: await safely(() => checkPkce(context)),
    keys,
    "client-authentication": skipIfUnknown(client),
    "authentication-request": [...request, ...compareCallbackUrls(context)],
    scope: await safely(() => checkScope(answer, context)),
    audience: await safely(() => checkAudience(answer, context)),
    "refresh-token": await safely(() => checkRefreshToken(answer, context)),
    "log-out": skipIfUnknown(logout),
  };
}

/** Like the app, the code exchange fetches the keys first. */
async function examineKeysAndClient(context: ProviderContext) {
  const { result, usable } = await checkKeys(context);
  const client = usable
    ? await run(() => checkClientAuthentication(context), context.tell)
    : [skipped("The provider's keys cannot be fetched.")];
  return { keys: [result], client };
}

function skipAfterDiscovery({ status, seen }: Result): Results {
  const reason = status === "skipped" ? seen : "Discovery failed.";
  return Object.fromEntries(AFTER_DISCOVERY.map((check) => [check, [skipped(reason)]]));
}
