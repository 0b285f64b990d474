import { z } from "zod";
import type { ProviderMetadata } from "../../../lib/auth/provider/index.ts";
import data from "./providers.json" with { type: "json" };

const pattern = z.string().transform((source) => new RegExp(source));

/** How to configure a feature at a provider: `by` is for the checks, and `how` for people, in the console's words. */
const way = <const By extends readonly string[]>(by: By) =>
  z.strictObject({ by: z.enum(by), how: z.string() });

/** How one provider differs from others. Only `npm run doctor` uses this data, not the app. */
const preset = z.strictObject({
  /** The provider's id, which is also the anchor of its section in the provider guide. */
  id: z.string(),
  name: z.string(),
  /** Matches the provider's issuer URL. */
  issuer: pattern,
  /** Matches a field of the discovery document, so that the provider is recognised at a custom domain too. */
  metadata: z.strictObject({ field: z.string(), value: pattern }).optional(),
  /** Where to find the value of `OIDC_ISSUER`. */
  issuerHow: z.string(),
  /** Paths to append to `OIDC_ISSUER` if there is no discovery document at that URL. */
  issuerPaths: z.array(z.string()).default([]),
  /** Where the provider's console shows the values that must agree with the app's settings. */
  console: z.strictObject({
    clientId: z.string(),
    clientSecret: z.string(),
    callbackUrl: z.string(),
    /** Absent if logout URLs cannot be registered at this provider. */
    logoutUrl: z.string().optional(),
    /** Where to see or choose how the client authenticates: with a secret, with a key, or not at all. */
    clientAuthentication: z.string(),
    /** Where to allow a scope for a client; absent if no scope has to be allowed. */
    scopes: z.string().optional(),
  }),
  /** How to use `private_key_jwt`, or what to use instead. */
  clientKey: way(["registration", "none"]),
  /** What selects the API that an access token is for: a parameter, a scope, a setting in the console, or nothing. */
  audience: way(["audience", "resource", "scope", "console", "none"]),
  /** What a request for a refresh token needs: `offline_access`, a parameter, both or nothing, if it is documented. */
  refresh: way([
    "offline_access",
    "offline_access and prompt=consent",
    "access_type=offline",
    "nothing",
    "undocumented",
  ]),
  /** Whether RP-Initiated Logout works as specified, only with an ID token, with other parameters, or not at all. */
  logOut: way(["standard", "id_token_hint", "own parameters", "none"]),
  /** How to make the provider sign ID tokens with a key, not with the client secret; absent if it always uses a key. */
  signingHow: z.string().optional(),
  /** Whether the provider's discovery document announces PKCE. All these providers support PKCE. */
  pkce: z.enum(["announced", "unannounced"]).default("announced"),
});

export type ProviderPreset = z.infer<typeof preset>;

/** The providers that `npm run doctor` knows by name. */
export const PROVIDERS: readonly ProviderPreset[] = z.array(preset).parse(data);

/** Recognises a provider of providers.json by its issuer or, if no issuer matches, by its discovery document. */
export function recogniseProvider(
  issuer: string,
  metadata: Partial<ProviderMetadata> = {},
): ProviderPreset | null {
  const byIssuer = PROVIDERS.find((one) => one.issuer.test(issuer));
  const isMarked = ({ metadata: mark }: ProviderPreset) =>
    mark?.value.test(String(metadata[mark.field] ?? ""));
  return byIssuer ?? PROVIDERS.find(isMarked) ?? null;
}

/** Where to find a value in the console of a provider that is not in providers.json. */
const UNKNOWN_CONSOLE = {
  clientId: "see the client's id",
  clientSecret: "see the client's credentials",
  callbackUrl: "the client's callback (redirect) URLs",
  logoutUrl: "the client's logout (post-logout redirect) URLs",
  clientAuthentication: "see the client's authentication",
  scopes: "see the client's scopes",
};

/** Where to find a value in the provider's console. For a known provider, this is the exact place. */
export function inConsole(preset: ProviderPreset | null, what: keyof typeof UNKNOWN_CONSOLE): string {
  const place = preset?.console[what];
  return place ? `In ${preset.name}, ${place}` : `In the provider's console, ${UNKNOWN_CONSOLE[what]}`;
}

/** Returns a preset's advice, with the provider's name in front; undefined without a preset or without advice. */
export function advice(preset: ProviderPreset | null, how: string | undefined): string | undefined {
  return preset && how ? `${preset.name}: ${how}` : undefined;
}
