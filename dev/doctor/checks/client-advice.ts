import { advice, inConsole, type ProviderContext } from "../context.ts";

/**
 * What to do about a client that the token endpoint does not take.
 *
 * @param tried the methods that were tried to authenticate it
 */
export function refusedAdvice(context: ProviderContext, tried: readonly string[]): string[] {
  const { preset, settings } = context;
  if (tried[0] === "private_key_jwt") return keyAdvice(context);
  const place = `${inConsole(preset, preset?.console.clientSecret, "see the client's credentials")}.`;
  if (!settings.oidc.clientSecret) {
    return [`Set OIDC_CLIENT_SECRET: ${place}`, `Or make the client a public one: ${wayPlace(context)}.`];
  }
  return [
    `Copy OIDC_CLIENT_SECRET once more. ${place}${inEnvFile(context)}`,
    ...otherWay(context, tried),
    "If the client is a public one there, leave OIDC_CLIENT_SECRET out.",
    ...(preset ? [`How the client shows who it is: ${wayPlace(context)}.`] : []),
  ];
}

function keyAdvice({ preset, settings }: ProviderContext): string[] {
  const register = preset
    ? advice(preset, preset.clientKey.how)
    : ["Register the public key, and choose private_key_jwt for the client, in the provider's console."];
  if (preset?.clientKey.by === "none") return register;
  return [
    ...register,
    "The public key must be the one that belongs to OIDC_CLIENT_PRIVATE_KEY.",
    ...(settings.oidc.clientKey?.kid
      ? []
      : ["A PEM names no key: where the provider wants a kid, set a JWK that has it."]),
  ];
}

/** Where it is settled how the client shows who it is. */
function wayPlace({ preset }: ProviderContext): string {
  return inConsole(preset, preset?.console.clientAuthentication, "see the client's authentication");
}

function inEnvFile({ situation }: ProviderContext): string {
  return situation.files.length > 0
    ? " In a .env file, $ is written \\$, and a value with # stands in quotes."
    : "";
}

/** The same secret, sent in another way that the provider may take and that was not tried (OpenID Connect Core 9). */
function otherWay({ metadata }: ProviderContext, tried: readonly string[]): string[] {
  return ["client_secret_post", "client_secret_basic"]
    .filter((method) => !tried.includes(method))
    .filter((method) => metadata.token_endpoint_auth_methods_supported?.includes(method) ?? true)
    .map((method) => `If the secret is right, try OIDC_CLIENT_AUTH=${method}.`);
}

/** What to do where the provider takes nothing that is set. */
export function methodAdvice(context: ProviderContext): string[] {
  const { settings, metadata, tell } = context;
  const offered = metadata.token_endpoint_auth_methods_supported ?? [];
  const listed = `The provider lists ${tell(offered.join(", ")) || "nothing"}`;
  return offered.includes("private_key_jwt") && !settings.oidc.clientKey
    ? [`${listed}: set OIDC_CLIENT_PRIVATE_KEY, or have it take a secret. ${wayPlace(context)}.`]
    : [`${listed}: set OIDC_CLIENT_AUTH and what it needs, or change it. ${wayPlace(context)}.`];
}
