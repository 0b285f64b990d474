import { z } from "zod";
import {
  clientKey,
  excerpt,
  flag,
  requestParameters,
  seconds,
  sessionSecrets,
  storeUrl,
} from "./settings-fields.ts";
import { absoluteUrl, endpointUrl, issuerUrl, originUrl, redirectUri, resourceUri } from "./settings-urls.ts";

const DAY = 86_400;

const CLIENT_AUTH_METHODS = ["client_secret_post", "client_secret_basic", "private_key_jwt", "none"] as const;

/** How the client proves who it is at the token endpoint (OpenID Connect Core 9). */
export type ClientAuthMethod = (typeof CLIENT_AUTH_METHODS)[number];

/** Refused rather than ignored: who sets one of these relies on what it promises. */
const NOT_SUPPORTED = ["BROKER_AUDIENCE", "BROKER_TRUSTED_ISSUERS"];

/** A .env file's own quotation marks are gone by now; a shell's, too. Those of a file for Docker are not. */
const QUOTED = /^(["'`]).*\1$|^[“„‘].*[”“’]$/s;

/** The settings' names in the environment, each with its form and default. */
const schema = z.object({
  APP_BASE_URL: originUrl("https://app.example.com"),
  SESSION_SECRET: sessionSecrets(),
  OIDC_ISSUER: issuerUrl("https://example.us.auth0.com"),
  OIDC_CLIENT_ID: z.string({ error: "is missing. Example: the client id that the provider's console shows" }),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_CLIENT_PRIVATE_KEY: clientKey().optional(),
  OIDC_CLIENT_AUTH: z
    .enum(CLIENT_AUTH_METHODS, {
      error: ({ input }) => `is "${excerpt(input)}", but must be one of ${CLIENT_AUTH_METHODS.join(", ")}`,
    })
    .optional(),
  OIDC_SCOPE: z
    .string()
    .refine((scope) => !scope.includes(","), {
      error: ({ input }) =>
        `is "${excerpt(input)}", but scopes are separated by spaces, not commas. Example: openid profile email`,
      abort: true,
    })
    .refine((scope) => scope.split(/\s+/).includes("openid"), {
      error: ({ input }) =>
        `is "${excerpt(input)}", but must contain "openid". Example: openid profile email`,
    })
    .default("openid profile email offline_access"),
  OIDC_AUDIENCE: z.string().optional(),
  OIDC_RESOURCE: resourceUri("https://api.example.com").optional(),
  OIDC_AUTHORIZATION_PARAMS: requestParameters("none"),
  OIDC_SIGNUP_PARAMS: requestParameters("screen_hint=signup"),
  OIDC_PAR: flag(),
  OIDC_DPOP: flag(),
  OIDC_RESPONSE_MODE: z
    .enum(["query", "form_post"], {
      error: ({ input }) => `is "${excerpt(input)}", but must be query or form_post`,
    })
    .optional(),
  OIDC_REDIRECT_URI: redirectUri("https://app.example.com/auth/callback").optional(),
  OIDC_POST_LOGOUT_REDIRECT_URI: absoluteUrl("https://app.example.com/").optional(),
  OIDC_AUTHORIZATION_ENDPOINT: endpointUrl("https://idp.example.com/authorize").optional(),
  OIDC_TOKEN_ENDPOINT: endpointUrl("https://idp.example.com/token").optional(),
  OIDC_USERINFO_ENDPOINT: endpointUrl("https://idp.example.com/userinfo").optional(),
  OIDC_JWKS_URI: endpointUrl("https://idp.example.com/jwks.json").optional(),
  OIDC_END_SESSION_ENDPOINT: endpointUrl("https://idp.example.com/logout").optional(),
  OIDC_TIMEOUT: seconds(10, 300),
  API_SERVER_URL: originUrl("https://api.example.com").optional(),
  SESSION_MAX_AGE: seconds(7 * DAY),
  SESSION_IDLE_TIMEOUT: seconds(DAY),
  SESSION_STORE_URL: storeUrl().optional(),
});

/** The name of every setting. */
export const SETTING_NAMES: readonly string[] = Object.keys(schema.shape);

/** The environment, checked: either every value, or a sentence for each setting that is wrong. */
type Checked =
  | { readonly env: z.infer<typeof schema>; readonly problems: null }
  | { readonly env: null; readonly problems: string[] };

/**
 * Checks all settings at once, so that nobody mends them one start at a time.
 *
 * @param given the environment without empty values
 */
export function checkEnvironment(given: Readonly<Record<string, string | undefined>>): Checked {
  const parsed = schema.safeParse(given);
  const quoted = SETTING_NAMES.filter((name) => QUOTED.test(given[name] ?? ""));
  const problems = (parsed.error?.issues ?? [])
    .filter((issue) => !quoted.includes(String(issue.path[0])))
    .map((issue) => `${String(issue.path[0])} ${issue.message}`);
  for (const name of quoted) {
    problems.push(
      `${name} has quotation marks around its value, which are taken as a part of it. Remove them: docker run --env-file, for one, does not`,
    );
  }
  if (given.OIDC_CLIENT_AUTH?.startsWith("client_secret_") && !given.OIDC_CLIENT_SECRET) {
    problems.push(`OIDC_CLIENT_SECRET is missing, but OIDC_CLIENT_AUTH=${given.OIDC_CLIENT_AUTH} needs it`);
  }
  if (given.OIDC_CLIENT_AUTH === "private_key_jwt" && !given.OIDC_CLIENT_PRIVATE_KEY) {
    problems.push("OIDC_CLIENT_PRIVATE_KEY is missing, but OIDC_CLIENT_AUTH=private_key_jwt needs it");
  }
  for (const name of NOT_SUPPORTED) {
    if (given[name]) problems.push(`${name} is set, but this version does not support it. Remove it`);
  }
  return parsed.success && problems.length === 0
    ? { env: parsed.data, problems: null }
    : { env: null, problems };
}
