import { expect, test } from "vitest";
import { PROVIDERS, type ProviderPreset } from "@/dev/doctor/presets/presets.ts";
import { guideSettings, SESSION_SECRET, situationOf } from "@/dev/doctor/test-stage.ts";
import { ENVIRONMENT } from "@/dev/testing/fresh-process.ts";
import type { ProviderMetadata } from "@/lib/auth/provider/index.ts";
import { readSettings } from "@/lib/settings.ts";
import type { ProviderContext } from "../check.ts";
import { type Answer, checkAuthenticationRequest } from "../checks/authentication-request.ts";
import { checkPkce } from "../checks/metadata.ts";
import { checkAudience, checkRefreshToken, checkScope } from "../checks/scopes.ts";
import { recordRequests } from "../checks/wire.ts";

const ACCEPTED: Answer = { verdict: "accepted", said: "", isBack: true };

/** Creates the context of a provider, with the guide's settings and `changes`. No request is sent. */
function contextOf(
  preset: ProviderPreset,
  changes: Record<string, string | undefined> = {},
): ProviderContext {
  const environment = { ...ENVIRONMENT, SESSION_SECRET, ...guideSettings(preset.id), ...changes };
  const settings = readSettings(environment);
  const { issuer, endpoints } = settings.oidc;
  const safe = { hide: String, tell: String };
  const wire = recordRequests(AbortSignal.timeout(1), safe);
  wire.close();
  return {
    situation: situationOf(environment),
    settings,
    wire,
    tell: String,
    preset,
    metadata: {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      ...(preset.pkce !== "unannounced" && { code_challenge_methods_supported: ["S256"] }),
      ...endpoints,
    } as ProviderMetadata,
  };
}

test.each(PROVIDERS)("the guide's settings for $name pass the checks", (preset) => {
  const context = contextOf(preset);
  const results = [checkAudience(ACCEPTED, context), checkPkce(context), checkScope(ACCEPTED, context)];
  // ConsentKeys does not document whether it issues refresh tokens.
  if (preset.id !== "consentkeys") results.push(checkRefreshToken(ACCEPTED, context));
  expect(results.filter(({ status }) => status !== "ok")).toEqual([]);
});

test.each(PROVIDERS)(
  "the advice calls the field of the callback URL by its name in the console of $name",
  (preset) => {
    const answer = { verdict: "URL", said: "no such URL", isBack: false } as const;
    const { fix } = checkAuthenticationRequest(answer, contextOf(preset));
    expect(fix[0]).toBe(
      `In ${preset.name}, ${preset.console.callbackUrl}: add exactly https://app.example.com/auth/callback`,
    );
  },
);

test.each([
  ["google", { OIDC_AUTHORIZATION_PARAMS: undefined }, "access_type=offline"],
  ["logto", { OIDC_AUTHORIZATION_PARAMS: undefined }, "prompt=consent"],
  ["civic", { OIDC_AUTHORIZATION_PARAMS: undefined }, "prompt=consent"],
  ["auth0", { OIDC_SCOPE: "openid profile" }, "Allow Offline Access"],
])(
  "if the settings for %s cannot give a refresh token, the advice says what to change",
  (id, changes, said) => {
    const preset = PROVIDERS.find((one) => one.id === id);
    if (!preset) return expect.fail(id);
    expect(checkRefreshToken(ACCEPTED, contextOf(preset, changes))).toMatchObject({
      status: "warning",
      fix: expect.arrayContaining([expect.stringContaining(said)]),
    });
  },
);

test.each([
  [
    "logto",
    { OIDC_RESOURCE: undefined, OIDC_AUDIENCE: "https://api.example.com" },
    "OIDC_RESOURCE, not OIDC_AUDIENCE",
  ],
  ["entra", { OIDC_SCOPE: "openid profile offline_access" }, "add a scope of your API to OIDC_SCOPE"],
  ["cognito", { OIDC_RESOURCE: undefined }, "OIDC_RESOURCE, not OIDC_AUDIENCE"],
  ["google", { OIDC_AUDIENCE: "https://api.example.com" }, "Remove OIDC_AUDIENCE"],
  ["auth0", { OIDC_AUDIENCE: undefined }, "Identifier"],
])("an audience that has no effect at %s is a warning", (id, changes, said) => {
  const preset = PROVIDERS.find((one) => one.id === id);
  if (!preset) return expect.fail(id);
  expect(checkAudience(ACCEPTED, contextOf(preset, changes))).toMatchObject({
    status: "warning",
    fix: [expect.stringContaining(said)],
  });
});
