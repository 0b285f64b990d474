import { auth0 } from "./auth0.ts";
import { authentik } from "./authentik.ts";
import { civic } from "./civic.ts";
import { cognito } from "./cognito.ts";
import { consentkeys } from "./consentkeys.ts";
import { entra } from "./entra.ts";
import { google } from "./google.ts";
import { keycloak } from "./keycloak.ts";
import { logto } from "./logto.ts";
import { okta } from "./okta.ts";
import type { ProviderPreset } from "./preset.ts";
import { zitadel } from "./zitadel.ts";

export type { ProviderPreset } from "./preset.ts";

/** The providers that `npm run doctor` and docs/providers.md know by name, in the order of the guide. */
export const PROVIDERS: readonly ProviderPreset[] = [
  auth0,
  civic,
  consentkeys,
  keycloak,
  entra,
  google,
  okta,
  cognito,
  zitadel,
  logto,
  authentik,
];

/**
 * Recognises a provider by its issuer, or else by its discovery document.
 *
 * @returns null for a provider that is not in the table
 */
export function recogniseProvider(
  issuer: string,
  metadata: Readonly<Record<string, unknown>> = {},
): ProviderPreset | null {
  return (
    PROVIDERS.find((preset) => preset.issuer?.test(issuer)) ??
    PROVIDERS.find(({ metadata: told }) => told?.value.test(String(metadata[told.field] ?? ""))) ??
    null
  );
}

/** The provider guide's section about a provider. */
export function guideTo({ id }: ProviderPreset): string {
  return `docs/providers.md#${id}`;
}
