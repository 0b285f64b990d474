import type { Context, ProviderContext } from "../context.ts";
import {
  guideTo, // part: docs
  recogniseProvider,
} from "../presets/presets.ts";
import { PROVIDER_CHECKS, type Result, type Results, runChecks, skipped } from "../report/finding.ts";
import { askToLogIn, checkAuthenticationRequest, compareCallbackUrls } from "./authentication-request.ts";
import { checkClientAuthentication } from "./client-authentication.ts";
import { checkDiscovery } from "./discovery.ts";
import { checkKeys } from "./keys.ts";
import { checkLogOut } from "./logout.ts";
import { checkMetadata, checkPkce, refusedEndpoints } from "./metadata.ts";
import { checkAudience, checkRefreshToken, checkScope } from "./scopes.ts";

/** What the head of the report shows: the provider's issuer and name, and the link to its section in the guide. */
export type ProviderName = Awaited<ReturnType<typeof examineProvider>>["name"];

/** Runs all checks of the provider. If the check "Discovery" fails, skips the others. */
export async function examineProvider(context: Context) {
  const { issuer } = context.settings.oidc;
  const { result, metadata, refused } = await checkDiscovery(context);
  const preset = recogniseProvider(issuer, metadata ?? {});
  // For a provider that is not in providers.json, `name` and `guide` (a link to the provider guide) are null.
  const name = { issuer, name: preset?.name ?? null, guide: null as string | null };
  if (preset) name.guide = guideTo(preset); // part: docs
  const discovery = [result];
  if (metadata) {
    const results = await examineKnownProvider({ ...context, metadata, preset });
    return { name, results: { discovery, ...results } };
  }
  const failed = result.status === "skipped" ? result.seen : "Discovery failed.";
  const rest = skipped(refused ? "The app rejects the provider metadata." : failed);
  const skippedAll = Object.fromEntries(Object.keys(PROVIDER_CHECKS).map((check) => [check, [rest]]));
  const rejected = refused && { metadata: refusedEndpoints(refused, context.tell) };
  return { name, results: { ...skippedAll, discovery, ...rejected } };
}

async function examineKnownProvider(context: ProviderContext): Promise<Results> {
  const checkingKeys = checkKeys(context);
  const asking = askToLogIn(context);
  const results = await runChecks(
    {
      metadata: () => checkMetadata(context),
      pkce: () => checkPkce(context),
      keys: async () => (await checkingKeys).result,
      // This check needs the keys, because the app fetches them before it exchanges a code.
      "client-authentication": async () =>
        (await checkingKeys).usable
          ? checkClientAuthentication(context)
          : skipped("The provider's keys cannot be fetched."),
      "authentication-request": async () => checkAuthenticationRequest(await asking, context),
      scope: async () => checkScope(await asking, context),
      audience: async () => checkAudience(await asking, context),
      "refresh-token": async () => checkRefreshToken(await asking, context),
      "log-out": () => checkLogOut(context),
    },
    context.tell,
  );
  const answer = await asking;
  const isUnknown = answer.verdict === "refused" && answer.refusal.about === "client";
  const unknown = skipped("The provider does not know the client.");
  // Only the check "Client id and callback URL" reports an unknown client. Errors of the two below become "skipped".
  const skipIfUnknown = (found: readonly Result[] = []) =>
    found.map((result) => (isUnknown && result.status === "error" ? unknown : result));
  return {
    ...results,
    "authentication-request": [...(results["authentication-request"] ?? []), ...compareCallbackUrls(context)],
    "client-authentication": skipIfUnknown(results["client-authentication"]),
    "log-out": skipIfUnknown(results["log-out"]),
  };
}
