import { auth0 } from "./providers/auth0.ts";
import { authentik } from "./providers/authentik.ts";
import { civic } from "./providers/civic.ts";
import { cognito } from "./providers/cognito.ts";
import { consentkeys } from "./providers/consentkeys.ts";
import { entra } from "./providers/entra.ts";
import { google } from "./providers/google.ts";
import { keycloak } from "./providers/keycloak.ts";
import { logto } from "./providers/logto.ts";
import { okta } from "./providers/okta.ts";
import type { ProviderPreset } from "./providers/preset.ts";
import { zitadel } from "./providers/zitadel.ts";

export type { ProviderPreset } from "./providers/preset.ts";

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
