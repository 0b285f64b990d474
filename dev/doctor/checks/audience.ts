import { advice, type ProviderContext } from "../context.ts";
import { error, ok, type Result, skipped, warning } from "../report/finding.ts";
import type { Answer } from "./authentication-request.ts";

/** The scopes of OpenID Connect Core 5.4 and 11. */
const OWN_SCOPES = /\b(openid|profile|email|address|phone|offline_access)\b/g;

/** "Audience": the access token will be one for the API, by `audience` or by `resource` (RFC 8707). */
export function checkAudience(answer: Answer, { settings, preset, tell }: ProviderContext): Result {
  const { audience, resource } = settings.oidc;
  const how = advice(preset, preset?.audience.how);
  const asked = [audience && `OIDC_AUDIENCE=${audience}`, resource && `OIDC_RESOURCE=${resource}`]
    .filter(Boolean)
    .join(" and ");
  if (answer.verdict === "refused" && answer.refusal.about === "audience") {
    return error(
      `The provider knows no such API${asked && `, ${asked}`}: “${tell(answer.refusal.said)}”`,
      "Copy the API's identifier from the provider's console, character by character, or leave the setting out.",
      ...how,
    );
  }
  if (answer.verdict !== "accepted") return skipped("The authentication request was not accepted.");
  if (preset?.audience.by === "scope" && !/\S/.test(settings.oidc.scope.replace(OWN_SCOPES, ""))) {
    return warning("OIDC_SCOPE has no scope of an API: the access token is for none.", ...how);
  }
  if (!asked && settings.apiServerUrl === null)
    return ok("None is asked for, and API_SERVER_URL is not set.");
  if (!asked) return notAsked(how, preset?.audience.by);
  switch (preset?.audience.by) {
    case "resource":
      return resource
        ? ok(`${asked} is asked for, and not refused.`)
        : warning(`${asked} has no effect.`, ...how);
    case "audience":
      return audience
        ? ok(`${asked} is asked for, and not refused.`)
        : warning(`${asked} has no effect.`, ...how);
    case "none":
      return warning(`${asked} has no effect.`, ...how);
    case "scope":
      return ok(`OIDC_SCOPE asks for a token for an API. ${asked} is for the message API that comes along.`);
    case "console":
      return ok(`${asked}. ${preset.audience.how}`);
    case undefined:
      return ok(`${asked} is asked for, and not refused.`);
  }
}

function notAsked(how: string[], by: string | undefined): Result {
  const isSettled = by === "scope" || by === "none" || by === "console";
  if (isSettled) return ok(`None is asked for. ${how.join(" ")}`);
  return warning(
    "Neither OIDC_AUDIENCE nor OIDC_RESOURCE is set: the access token may be opaque, and no good for the message API.",
    ...(how.length > 0
      ? how
      : [
          "Set OIDC_AUDIENCE (or OIDC_RESOURCE, where the provider follows RFC 8707) to the API's identifier.",
        ]),
  );
}
