import type { Context, ProviderContext } from "../context.ts";
import { guideTo, recogniseProvider } from "../presets/presets.ts";
import { type CheckName, type Result, type Results, run, skipped } from "../report/finding.ts";
import { checkAudience } from "./audience.ts";
import {
  type Answer,
  askToLogIn,
  checkAuthenticationRequest,
  compareCallbackUrls,
} from "./authentication-request.ts";
import { checkClientAuthentication } from "./client-authentication.ts";
import { checkDiscovery } from "./discovery.ts";
import { checkKeys } from "./keys.ts";
import { checkLogOut } from "./log-out.ts";
import { checkMetadata, checkPkce, refusedEndpoints } from "./metadata.ts";
import { checkRefreshToken, checkScope } from "./scopes.ts";

/** Who the provider is, for the report's head. */
export interface ProviderName {
  readonly issuer: string;
  /** As the table of providers calls it, and the guide's section about it; null where it is not in there. */
  readonly name: string | null;
  readonly guide: string | null;
}

/** What cannot be looked at without the provider's metadata. */
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

/** Whether a check is about what the provider and its console say: what the provider guide helps with. */
export function isAboutProvider(check: CheckName): boolean {
  return ["discovery", ...AFTER_DISCOVERY].includes(check);
}

/** Checks all that is about the provider; after a discovery that fails, nothing more. */
export async function examineProvider(
  context: Context,
): Promise<{ readonly name: ProviderName; readonly results: Results }> {
  const { issuer } = context.settings.oidc;
  const { result, metadata, refused } = await checkDiscovery(context);
  const preset = recogniseProvider(issuer, metadata ?? {});
  const name = { issuer, name: preset?.name ?? null, guide: preset && guideTo(preset) };
  if (refused) {
    const skip = skipAfterDiscovery(skipped("The provider metadata is refused."));
    const metadataResults = refusedEndpoints(refused, context.tell);
    return { name, results: { ...skip, discovery: [result], metadata: metadataResults } };
  }
  if (!metadata) return { name, results: { discovery: [result], ...skipAfterDiscovery(result) } };
  const results = await examineKnownProvider({ ...context, metadata, preset });
  return { name, results: { discovery: [result], ...results } };
}

async function examineKnownProvider(context: ProviderContext): Promise<Results> {
  const { tell } = context;
  const [keysAndClient, answer, logOut] = await Promise.all([
    examineKeysAndClient(context),
    askToLogIn(context),
    run(() => checkLogOut(context), tell),
  ]);
  const isUnknown = answer.verdict === "refused" && answer.refusal.about === "client";
  return {
    metadata: await run(() => checkMetadata(context), tell),
    pkce: await run(() => checkPkce(context), tell),
    ...(isUnknown ? skipOfUnknownClient(keysAndClient) : keysAndClient),
    ...(await examineAnswer(answer, context)),
    "log-out": logOut.map((result) =>
      isUnknown && result.status === "error" ? skipped("The provider does not know the client.") : result,
    ),
  };
}

/** The code exchange fetches the keys beforehand, as the app does. */
async function examineKeysAndClient(context: ProviderContext): Promise<Results> {
  const { result, usable } = await checkKeys(context);
  const client = usable
    ? await run(() => checkClientAuthentication(context), context.tell)
    : [skipped("The provider's keys cannot be had.")];
  return { keys: [result], "client-authentication": client };
}

async function examineAnswer(answer: Answer, context: ProviderContext): Promise<Results> {
  const { tell } = context;
  return {
    "authentication-request": [
      ...(await run(() => checkAuthenticationRequest(answer, context), tell)),
      ...compareCallbackUrls(context),
    ],
    scope: await run(() => checkScope(answer, context), tell),
    audience: await run(() => checkAudience(answer, context), tell),
    "refresh-token": await run(() => checkRefreshToken(answer, context), tell),
  };
}

/** One fault is told once. */
function skipOfUnknownClient(results: Results): Results {
  const client = results["client-authentication"]?.some(({ status }) => status === "error");
  return client
    ? { ...results, "client-authentication": [skipped("The provider does not know the client.")] }
    : results;
}

function skipAfterDiscovery({ status, seen }: Result): Results {
  const reason = status === "skipped" ? seen : "Discovery failed.";
  return Object.fromEntries(AFTER_DISCOVERY.map((check) => [check, [skipped(reason)]]));
}
