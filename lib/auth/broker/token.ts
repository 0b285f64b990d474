import { readForm } from "../http.ts";
import { Refusal } from "./answers.ts";
import { redeemCode } from "./callback.ts";
import { redeemDeviceCode } from "./device.ts";
import { ACCESS_TOKEN_TYPE, exchangeToken } from "./exchange.ts";
import { singleParameters } from "./login.ts";
import { refreshProgram, tokenAnswer, userAgentOf } from "./program-tokens.ts";

const MAX_FORM_LENGTH = 64_000; // characters

/** Maps each grant's parameter to its `grant_type`. Programs may omit `grant_type`, except for a token exchange. */
const GRANTS = {
  code: "authorization_code",
  refresh_token: "refresh_token",
  device_code: "urn:ietf:params:oauth:grant-type:device_code",
  subject_token: "urn:ietf:params:oauth:grant-type:token-exchange",
} as const;

type GrantParameter = keyof typeof GRANTS;

/**
 * The token endpoint: exchanges a code, a refresh token, a device code or a provider's access token for tokens.
 *
 * @throws Refusal or LoginError if no tokens are issued
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function issueTokens(request: Request, requestId: string): Promise<Response> {
  const parameters = parametersOf(await readForm(request, MAX_FORM_LENGTH));
  const userAgent = userAgentOf(request);
  const grant = grantOf(parameters);
  const given = parameters.get(grant) ?? "";
  switch (grant) {
    case "code": {
      const [redirectUri, verifier] = ["redirect_uri", "code_verifier"].map((name) =>
        needed(parameters, name),
      );
      return tokenAnswer(
        await redeemCode(
          { code: given, redirectUri: String(redirectUri), verifier: String(verifier) },
          userAgent,
        ),
      );
    }
    case "refresh_token":
      return tokenAnswer(await refreshProgram(given, userAgent, requestId));
    case "device_code":
      return tokenAnswer(await redeemDeviceCode(given, userAgent));
    case "subject_token":
      return tokenAnswer(await exchangeToken(parameters), { issued_token_type: ACCESS_TOKEN_TYPE });
  }
}

/** The non-empty parameters (RFC 6749, 3.2). Replaces hyphens in names by "_", because some clients send hyphens. */
function parametersOf(form: URLSearchParams): Map<string, string> {
  const given = [...form].filter(([, value]) => value);
  return singleParameters(given.map(([name, value]) => [name.replaceAll("-", "_"), value]));
}

/** Finds the grant of a request. There must be exactly one, and `grant_type` must match if it is present. */
function grantOf(parameters: ReadonlyMap<string, string>): GrantParameter {
  const names = Object.keys(GRANTS) as GrantParameter[];
  const type = parameters.get("grant_type");
  if (type !== undefined && !names.some((name) => GRANTS[name] === type)) {
    throw new Refusal(
      400,
      "unsupported_grant_type",
      `grant_type must be one of ${Object.values(GRANTS).join(", ")}.`,
    );
  }
  const [grant, ...more] = names.filter((name) => parameters.has(name));
  const isWanted = grant && (type === undefined ? grant !== "subject_token" : GRANTS[grant] === type);
  if (grant && isWanted && !more.length) return grant;
  const description =
    "Send exactly one of code, refresh_token, device_code and subject_token. subject_token also requires grant_type.";
  throw new Refusal(400, "invalid_request", description);
}

function needed(parameters: ReadonlyMap<string, string>, name: string): string {
  const value = parameters.get(name);
  if (value === undefined) throw new Refusal(400, "invalid_request", `${name} is missing.`);
  return value;
}
