import { z } from "zod";
import type { ProviderMetadata } from "../../../lib/auth/provider/index.ts";
import data from "./providers.json" with { type: "json" };

const pattern = z.string().transform((source) => new RegExp(source));

/** How to configure something at the provider. `how` is a text for people, in the words of the provider's console. */
const way = <const By extends readonly string[]>(by: By) =>
  z.strictObject({ by: z.enum(by), how: z.string() });

const OFFLINE = ["offline_access", "offline_access and prompt=consent"] as const;

/** How one provider differs from others. Data for `npm run doctor`; the app does not use it. */
const preset = z.strictObject({
  /** Its id here, and the anchor of its section in docs/providers.md. */
  id: z.string(),
  name: z.string(),
  /** Matches its issuer URL. */
  issuer: pattern,
  /** Matches a field of its discovery document, for issuers at a custom domain. */
  metadata: z.strictObject({ field: z.string(), value: pattern }).optional(),
  /** Where to find the value of `OIDC_ISSUER`. */
  issuerHow: z.string(),
  /** Paths to try in addition if there is no discovery document at `OIDC_ISSUER`. */
  issuerPaths: z.array(z.string()).default([]),
  /** Where to find in its console what both sides must agree on. */
  console: z.strictObject({
    clientId: z.string(),
    clientSecret: z.string(),
    callbackUrl: z.string(),
    /** Absent if no logout URL is registered. */
    logoutUrl: z.string().optional(),
    /** Where to see or choose how the client authenticates: with a secret, with a key, or not at all. */
    clientAuthentication: z.string(),
    /** Where to allow a scope for a client; absent if no scope has to be allowed. */
    scopes: z.string().optional(),
  }),
  /** How to use `private_key_jwt`, or what to use instead. */
  clientKey: way(["registration", "none"]),
  /** What selects the API of an access token: a parameter, a scope, a setting in the console, or nothing. */
  audience: way(["audience", "resource", "scope", "console", "none"]),
  /** What is needed for a refresh token: the scope `offline_access`, a parameter, both, or nothing. */
  refresh: way([...OFFLINE, "access_type=offline", "nothing", "undocumented"]),
  /** RP-Initiated Logout: as specified, only with an ID token, with parameters of its own, or not supported. */
  logOut: way(["standard", "id_token_hint", "own parameters", "none"]),
  /** How to make it sign ID tokens with a key, if it may use the client secret. */
  signingHow: z.string().optional(),
  /** Whether its discovery document announces PKCE. All of them support it. */
  pkce: z.enum(["announced", "unannounced"]).default("announced"),
});

export type ProviderPreset = z.infer<typeof preset>;

/** The providers that `npm run doctor` and docs/providers.md know by name, in the order of the guide. */
export const PROVIDERS: readonly ProviderPreset[] = z.array(preset).parse(data);

/** Recognises a provider of the table by its issuer, or else by its discovery document. */
export function recogniseProvider(
  issuer: string,
  metadata: Partial<ProviderMetadata> = {},
): ProviderPreset | null {
  const byIssuer = PROVIDERS.find((one) => one.issuer.test(issuer));
  const isMarked = ({ metadata: mark }: ProviderPreset) =>
    mark?.value.test(String(metadata[mark.field] ?? ""));
  return byIssuer ?? PROVIDERS.find(isMarked) ?? null;
}

/** The provider guide's section about a provider. */
export function guideTo({ id }: ProviderPreset): string {
  return `docs/providers.md#${id}`;
}
