import type { ClientKey } from "./client-key.ts";
import { type ClientAuthMethod, checkEnvironment } from "./settings-schema.ts";
import { loopbackPort } from "./settings-urls.ts";
import { SITE } from "./site.ts";

/** Every setting of the app, checked, with its defaults filled in. URLs are normalised; lifetimes are in seconds. */
export interface Settings {
  /** The app's public origin, without a slash at its end. Every URL of the app is built from it, none from `Host`. */
  readonly appBaseUrl: string;
  /** Whether that origin is https: then cookies are `Secure` with a `__Host-` name, and HSTS is sent. */
  readonly https: boolean;
  /** The port of an origin on a loopback address, where apps on all ports share their cookies; else empty. */
  readonly loopbackPort: string;
  /** The first seals, every one opens. */
  readonly sessionSecrets: readonly string[];
  readonly sessionMaxAge: number;
  readonly sessionIdleTimeout: number;
  /** Where sessions live on the server; null: they live in cookies. It may hold a password. */
  readonly sessionStoreUrl: string | null;
  /** The message API's origin; null where there is none. */
  readonly apiServerUrl: string | null;
  /** Whether Next's own development tools run in the page. */
  readonly developmentTools: boolean;
  readonly oidc: OidcSettings;
}

/** What the app knows of the provider and of itself as the provider's client. */
export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly clientKey: ClientKey | undefined;
  readonly clientAuth: ClientAuthMethod | undefined;
  readonly scope: string;
  readonly audience: string | undefined;
  readonly resource: string | undefined;
  /** What else an authentication request says, and a sign-up's beyond that. */
  readonly authorizationParams: Readonly<Record<string, string>>;
  readonly signupParams: Readonly<Record<string, string>>;
  /** Whether authentication requests are pushed also where the provider does not require it (RFC 9126). */
  readonly par: boolean;
  /** Whether tokens are bound to a key of their session (RFC 9449). */
  readonly dpop: boolean;
  readonly responseMode: "query" | "form_post" | undefined;
  readonly redirectUri: string;
  readonly postLogoutRedirectUri: string;
  /** Seconds that a call to the provider may take. */
  readonly timeout: number;
  /** Stated endpoints, by their name in the discovery document; each overrides that document's field. */
  readonly endpoints: Readonly<Record<string, string>>;
}

/** Thrown when settings are missing or malformed; its message names every one of them and holds no secret. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  /** A sentence for each, which begins with the setting's name. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(complaint(problems));
    this.problems = problems;
  }
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
  const { env, problems } = checkEnvironment(given);
  if (problems) throw new SettingsError(problems);
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
    loopbackPort: loopbackPort(env.APP_BASE_URL),
    sessionSecrets: env.SESSION_SECRET,
    sessionMaxAge: env.SESSION_MAX_AGE,
    sessionIdleTimeout: env.SESSION_IDLE_TIMEOUT,
    sessionStoreUrl: env.SESSION_STORE_URL ?? null,
    apiServerUrl: env.API_SERVER_URL ?? null,
    developmentTools: environment.NODE_ENV === "development",
    oidc: {
      issuer: env.OIDC_ISSUER,
      clientId: env.OIDC_CLIENT_ID,
      clientSecret: env.OIDC_CLIENT_SECRET,
      clientKey: env.OIDC_CLIENT_PRIVATE_KEY,
      clientAuth: env.OIDC_CLIENT_AUTH,
      scope: env.OIDC_SCOPE,
      audience: env.OIDC_AUDIENCE,
      resource: env.OIDC_RESOURCE,
      authorizationParams: env.OIDC_AUTHORIZATION_PARAMS,
      signupParams: env.OIDC_SIGNUP_PARAMS,
      par: env.OIDC_PAR,
      dpop: env.OIDC_DPOP,
      responseMode: env.OIDC_RESPONSE_MODE,
      // Normalised, as openid-client repeats it in the token request: RFC 6749, 4.1.3 wants the two identical.
      redirectUri: new URL(env.OIDC_REDIRECT_URI ?? `${env.APP_BASE_URL}/auth/callback`).href,
      postLogoutRedirectUri: env.OIDC_POST_LOGOUT_REDIRECT_URI ?? `${env.APP_BASE_URL}/`,
      timeout: env.OIDC_TIMEOUT,
      endpoints: Object.fromEntries(
        Object.entries(endpoints).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
    },
  };
}

/** On Vercel a deployment knows its own host: the project's domain in production, else the deployment's. */
function vercelUrl(env: Record<string, string | undefined>): string | undefined {
  const domain = env.VERCEL_ENV === "production" ? env.VERCEL_PROJECT_PRODUCTION_URL : undefined;
  const host = domain ?? env.VERCEL_URL;
  return host && `https://${host}`;
}

function complaint(problems: readonly string[]): string {
  const count = problems.length === 1 ? "1 setting needs" : `${problems.length} settings need`;
  return [
    `${SITE.name} cannot start: ${count} your attention.`,
    ...problems.map((problem) => `  ${problem}`),
    "Settings are read from the environment and from .env.local; .env.example explains each.",
  ].join("\n");
}
