import { z } from "zod";
import {
  absoluteUrl,
  endpointUrl,
  excerpt,
  issuerUrl,
  originUrl,
  resourceUri,
  seconds,
  sessionSecrets,
} from "./settings-fields.ts";

const DAY = 86_400;

const CLIENT_AUTH_METHODS = ["client_secret_post", "client_secret_basic", "none"] as const;

/** Refused rather than ignored: who sets one of these relies on what it promises. */
const NOT_SUPPORTED = [
  "SESSION_STORE_URL",
  "OIDC_CLIENT_PRIVATE_KEY",
  "BROKER_AUDIENCE",
  "BROKER_TRUSTED_ISSUERS",
];

const schema = z.object({
  APP_BASE_URL: originUrl("https://app.example.com"),
  SESSION_SECRET: sessionSecrets(),
  OIDC_ISSUER: issuerUrl("https://example.us.auth0.com"),
  OIDC_CLIENT_ID: z.string({ error: "is missing. Example: the client id that the provider's console shows" }),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_CLIENT_AUTH: z
    .enum(CLIENT_AUTH_METHODS, {
      error: ({ input }) => `is "${excerpt(input)}", but must be one of ${CLIENT_AUTH_METHODS.join(", ")}`,
    })
    .optional(),
  OIDC_SCOPE: z
    .string()
    .refine((scope) => scope.split(/\s+/).includes("openid"), {
      error: ({ input }) =>
        `is "${excerpt(input)}", but must contain "openid". Example: openid profile email`,
    })
    .default("openid profile email offline_access"),
  OIDC_AUDIENCE: z.string().optional(),
  OIDC_RESOURCE: resourceUri("https://api.example.com").optional(),
  OIDC_REDIRECT_URI: absoluteUrl("https://app.example.com/auth/callback").optional(),
  OIDC_POST_LOGOUT_REDIRECT_URI: absoluteUrl("https://app.example.com/").optional(),
  OIDC_AUTHORIZATION_ENDPOINT: endpointUrl("https://idp.example.com/authorize").optional(),
  OIDC_TOKEN_ENDPOINT: endpointUrl("https://idp.example.com/token").optional(),
  OIDC_USERINFO_ENDPOINT: endpointUrl("https://idp.example.com/userinfo").optional(),
  OIDC_JWKS_URI: endpointUrl("https://idp.example.com/jwks.json").optional(),
  OIDC_END_SESSION_ENDPOINT: endpointUrl("https://idp.example.com/logout").optional(),
  API_SERVER_URL: originUrl("https://api.example.com"),
  SESSION_MAX_AGE: seconds(7 * DAY),
  SESSION_IDLE_TIMEOUT: seconds(DAY),
});

/** Every setting of the app, checked, with its defaults filled in. URLs are normalised; lifetimes are in seconds. */
export interface Settings {
  /** The app's public origin, without a slash at its end. Every URL of the app is built from it, none from `Host`. */
  readonly appBaseUrl: string;
  /** Whether that origin is https: then cookies are `Secure` with a `__Host-` name, and HSTS is sent. */
  readonly https: boolean;
  /** The first seals, every one opens. */
  readonly sessionSecrets: readonly string[];
  readonly sessionMaxAge: number;
  readonly sessionIdleTimeout: number;
  readonly apiServerUrl: string;
  /** Whether Next's own development tools run in the page. */
  readonly developmentTools: boolean;
  readonly oidc: OidcSettings;
}

/** What the app knows of the provider and of itself as the provider's client. */
export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly clientAuth: (typeof CLIENT_AUTH_METHODS)[number] | undefined;
  readonly scope: string;
  readonly audience: string | undefined;
  readonly resource: string | undefined;
  readonly redirectUri: string;
  readonly postLogoutRedirectUri: string;
  /** Stated endpoints, by their name in the discovery document; each overrides that document's field. */
  readonly endpoints: Readonly<Record<string, string>>;
}

/** Thrown when settings are missing or malformed; its message names every one of them and holds no secret. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

let settings: Settings | undefined;

/**
 * The settings of this process, read from its environment once.
 *
 * @throws SettingsError naming every setting that is missing or malformed
 */
export function getSettings(): Settings {
  settings ??= readSettings(process.env);
  return settings;
}

/**
 * Checks an environment and turns it into settings. An empty value counts as an absent one.
 *
 * @throws SettingsError naming every setting that is missing or malformed
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(
    Object.entries(environment)
      .map(([name, value]) => [name, value?.trim()])
      .filter(([, value]) => value),
  );
  given.APP_BASE_URL ??= vercelUrl(given);
  const parsed = schema.safeParse(given);
  const problems = (parsed.error?.issues ?? []).map((issue) => `${String(issue.path[0])} ${issue.message}`);
  if (given.OIDC_CLIENT_AUTH?.startsWith("client_secret_") && !given.OIDC_CLIENT_SECRET) {
    problems.push(`OIDC_CLIENT_SECRET is missing, but OIDC_CLIENT_AUTH=${given.OIDC_CLIENT_AUTH} needs it`);
  }
  for (const name of NOT_SUPPORTED) {
    if (given[name]) problems.push(`${name} is set, but this version does not support it. Remove it`);
  }
  if (!parsed.success || problems.length) throw new SettingsError(complaint(problems));
  const env = parsed.data;
  const endpoints = {
    authorization_endpoint: env.OIDC_AUTHORIZATION_ENDPOINT,
    token_endpoint: env.OIDC_TOKEN_ENDPOINT,
    userinfo_endpoint: env.OIDC_USERINFO_ENDPOINT,
    jwks_uri: env.OIDC_JWKS_URI,
    end_session_endpoint: env.OIDC_END_SESSION_ENDPOINT,
  };
  return {
    appBaseUrl: env.APP_BASE_URL,
    https: env.APP_BASE_URL.startsWith("https:"),
    sessionSecrets: env.SESSION_SECRET,
    sessionMaxAge: env.SESSION_MAX_AGE,
    sessionIdleTimeout: env.SESSION_IDLE_TIMEOUT,
    apiServerUrl: env.API_SERVER_URL,
    developmentTools: environment.NODE_ENV === "development",
    oidc: {
      issuer: env.OIDC_ISSUER,
      clientId: env.OIDC_CLIENT_ID,
      clientSecret: env.OIDC_CLIENT_SECRET,
      clientAuth: env.OIDC_CLIENT_AUTH,
      scope: env.OIDC_SCOPE,
      audience: env.OIDC_AUDIENCE,
      resource: env.OIDC_RESOURCE,
      // Normalised, as openid-client repeats it in the token request: RFC 6749, 4.1.3 wants the two identical.
      redirectUri: new URL(env.OIDC_REDIRECT_URI ?? `${env.APP_BASE_URL}/auth/callback`).href,
      postLogoutRedirectUri: env.OIDC_POST_LOGOUT_REDIRECT_URI ?? `${env.APP_BASE_URL}/`,
      endpoints: Object.fromEntries(
        Object.entries(endpoints).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
    },
  };
}

/** On Vercel a deployment knows its own host: the project's domain in production, else the deployment's. */
function vercelUrl(env: Record<string, string | undefined>): string | undefined {
  const host = env.VERCEL_ENV === "production" ? env.VERCEL_PROJECT_PRODUCTION_URL : env.VERCEL_URL;
  return host && `https://${host}`;
}

function complaint(problems: string[]): string {
  const count = problems.length === 1 ? "1 setting needs" : `${problems.length} settings need`;
  return [
    `Hello OIDC cannot start: ${count} your attention.`,
    ...problems.map((problem) => `  ${problem}`),
    "Set them in the environment or in .env.local; .env.example explains each.",
  ].join("\n");
}
