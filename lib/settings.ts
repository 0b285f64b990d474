import { z } from "zod";
import { parseClientKey } from "./client-key.ts"; // part: fapi
import * as field from "./settings-fields.ts";
import { SITE } from "./site.ts";
import { parseStoreUrl } from "./store/store-url.ts"; // part: store

type Environment = Readonly<Record<string, string | undefined>>;
/** The name of the environment variable for each setting. */
const names = new Map<unknown, string>();
function setting<Field extends z.ZodType>(name: string, form: Field): Field {
  names.set(form, name);
  return form;
}

const endpoint = (path: string) =>
  field.url(`https://idp.example.com/${path}`, field.secure, field.noFragment).optional();
const clientAuth = field.oneOf(
  "client_secret_post",
  "client_secret_basic",
  "private_key_jwt", // part: fapi
  "none",
);
const issuer = field.url("https://example.us.auth0.com", field.secure, field.noFragment, field.noQuery);
const redirectUri = field.url("https://app.example.com/auth/callback", field.web, field.noFragment);
const postLogoutUri = field.url("https://app.example.com/", field.web);
const storeUrl = field.parsed((given) => ({ ...parseStoreUrl(given), given })); // part: store

const oidc = z.object({
  /** Not normalised: an issuer is compared character by character (OpenID Connect Core 2, `iss`). */
  issuer: setting("OIDC_ISSUER", issuer.transform(field.withoutDiscoveryPath)),
  clientId: setting("OIDC_CLIENT_ID", field.text("the client id that the provider's console shows")),
  clientSecret: setting("OIDC_CLIENT_SECRET", z.string().optional()),
  clientKey: setting("OIDC_CLIENT_PRIVATE_KEY", field.parsed(parseClientKey).optional()), // part: fapi
  clientAuth: setting("OIDC_CLIENT_AUTH", clientAuth.optional()), // OpenID Connect Core 9
  scope: setting("OIDC_SCOPE", field.scopes("openid profile email offline_access")),
  audience: setting("OIDC_AUDIENCE", z.string().optional()),
  resource: setting("OIDC_RESOURCE", field.url("https://api.example.com", field.noFragment).optional()),
  /** The app adds these parameters to every authentication request, and `signupParams` only to those for a signup. */
  authorizationParams: setting("OIDC_AUTHORIZATION_PARAMS", field.requestParameters("none")),
  signupParams: setting("OIDC_SIGNUP_PARAMS", field.requestParameters("screen_hint=signup")),
  par: setting("OIDC_PAR", field.flag()), // push every authorization request (RFC 9126) // part: fapi
  dpop: setting("OIDC_DPOP", field.flag()), // bind tokens to a key of the session (RFC 9449) // part: fapi
  responseMode: setting("OIDC_RESPONSE_MODE", field.oneOf("query", "form_post").optional()),
  redirectUri: setting("OIDC_REDIRECT_URI", redirectUri.optional()),
  postLogoutRedirectUri: setting("OIDC_POST_LOGOUT_REDIRECT_URI", postLogoutUri.optional()),
  rolesClaim: setting("OIDC_ROLES_CLAIM", field.orNull(z.string())), // path of a claim; null for the usual paths
  timeout: setting("OIDC_TIMEOUT", field.seconds(10, 300)), // seconds that a request to the provider may take
  /** Each endpoint overrides the member with the same name in the discovery document. */
  endpoints: z.object({
    authorization_endpoint: setting("OIDC_AUTHORIZATION_ENDPOINT", endpoint("authorize")),
    token_endpoint: setting("OIDC_TOKEN_ENDPOINT", endpoint("token")),
    userinfo_endpoint: setting("OIDC_USERINFO_ENDPOINT", endpoint("userinfo")),
    jwks_uri: setting("OIDC_JWKS_URI", endpoint("jwks.json")),
    end_session_endpoint: setting("OIDC_END_SESSION_ENDPOINT", endpoint("logout")),
  }),
});

// part: broker
const peer = [field.secure, field.noFragment, field.noQuery];
const target = [field.secure, field.noFragment];

/** The token broker. */
const broker = z.object({
  /** `aud` of the tokens that the app issues; null turns the broker off. */
  audience: setting("BROKER_AUDIENCE", field.orNull(field.text("https://app.example.com/api"))),
  /** Not normalised: an issuer is compared character by character. */
  trustedIssuers: setting("BROKER_TRUSTED_ISSUERS", field.urls("https://other.example.com", ...peer)),
  /** After the login of a program (a client of the broker), the app may redirect to these ports of localhost. */
  redirectPorts: setting("BROKER_REDIRECT_PORTS", field.ports("53100-53105")),
  /** The app may also redirect to these URLs. It compares them with the program's `redirect_uri` as text. */
  redirectUris: setting("BROKER_REDIRECT_URIS", field.urls("https://tool.example.com/callback", ...target)),
  /** An unused refresh token expires after this number of seconds. */
  refreshLifetime: setting("BROKER_REFRESH_LIFETIME", field.seconds(2_592_000, 31_536_000)),
});
// end part: broker

// part: backend-proxy
const backend = [field.web, field.noFragment, field.noQuery];

/** The API that the browser calls through `/api/backend`. */
const backendProxy = z.object({
  /** The browser can call every path below this URL. Null turns the proxy off. */
  url: setting("BACKEND_PROXY_URL", field.orNull(field.url("https://api.example.com/v1", ...backend))),
  methods: setting("BACKEND_PROXY_METHODS", field.someOf("GET", "POST", "PUT", "PATCH", "DELETE")), // GET also allows HEAD
});
// end part: backend-proxy

const app = z.object({
  /** The app's public origin, without a trailing slash. The app builds all its URLs from it, never from `Host`. */
  appBaseUrl: setting("APP_BASE_URL", field.origin("https://app.example.com")),
  sessionSecrets: setting("SESSION_SECRET", field.secrets()), // the first one encrypts, all of them decrypt
  sessionMaxAge: setting("SESSION_MAX_AGE", field.seconds(604_800)),
  sessionIdleTimeout: setting("SESSION_IDLE_TIMEOUT", field.seconds(86_400)),
  /** Null if sessions are kept in cookies. The URL may contain a password. */ // part: store
  sessionStoreUrl: setting("SESSION_STORE_URL", field.orNull(storeUrl.transform(({ given }) => given))), // part: store
  apiServerUrl: setting("API_SERVER_URL", field.orNull(field.origin("https://api.example.com"))), // part: whole-app
  /** Patterns for origins of previews. Production needs them too: previews use its callback. */ // part: previews
  previewOrigins: setting("PREVIEW_ORIGINS", field.originPatterns("https://my-app-*-my-team.vercel.app")), // part: previews
  oidc,
  broker, // part: broker
  backendProxy, // part: backend-proxy
});

export const SETTING_NAMES: readonly string[] = [...names.values()];
/** Matches a value in quotation marks. Next.js and shells remove the marks, but `docker run --env-file` keeps them. */
const QUOTED = /^(["'`])[\s\S]*\1$|^[“„‘][\s\S]*[”“’]$/;
/** All settings of the app, checked and with defaults, and values derived from them. Lifetimes are in seconds. */
export type Settings = Readonly<ReturnType<typeof withDerived>>;
export type ClientAuthMethod = NonNullable<Settings["oidc"]["clientAuth"]>;

function withDerived({ oidc, ...settings }: z.output<typeof app>, given: Environment) {
  const { protocol, hostname, port, origin } = new URL(settings.appBaseUrl);
  const endpoints = Object.entries(oidc.endpoints).filter((entry): entry is [string, string] => !!entry[1]);
  return {
    ...settings,
    https: protocol === "https:", // if true, cookies are `Secure`, their names begin with `__Host-`, and HSTS is sent
    /** The port of a local host, else empty. Cookie names contain it, because all ports of a host share cookies. */
    loopbackPort: field.LOOPBACK.test(hostname) || hostname.endsWith(".localhost") ? port : "", // RFC 6761, 6.3
    developmentTools: given.NODE_ENV === "development", // whether Next.js's development tools run in the page
    oidc: {
      ...oidc,
      /** Normalised as in openid-client: authentication and token requests need the same value (RFC 6749, 4.1.3). */
      redirectUri: new URL(oidc.redirectUri ?? `${origin}/auth/callback`).href,
      postLogoutRedirectUri: oidc.postLogoutRedirectUri ?? `${origin}/`,
      endpoints: Object.fromEntries(endpoints),
      /** Whether any URL of the provider is http. The settings accept http only on a loopback address. */
      allowHttp: [oidc.issuer, ...endpoints.map(([, url]) => url)].some((url) => /^http:/i.test(url)),
    },
  };
}

/** Thrown if settings are missing or malformed. The message lists all problems and contains no secret. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[]; // sentences, each of which begins with the setting's name

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? "1 setting needs" : `${problems.length} settings need`;
    const lines = [`${SITE.name} cannot start: ${count} your attention.`, ...problems].join("\n  ");
    let where = "Settings are read from the environment and from .env.local.";
    where += " .env.example explains each setting."; // part: whole-app
    super(`${lines}\n${where}`);
    this.problems = problems;
  }
}

let known: Settings | undefined;
/** The settings of this process, read from its environment once. @throws SettingsError */
export function getSettings(): Settings {
  known ??= readSettings(process.env);
  return known;
}

/** Checks an environment and turns it into settings. An empty value is treated as absent. @throws SettingsError */
export function readSettings(environment: Environment): Settings {
  const trimmed = Object.entries(environment).map(([name, value]) => [name, value?.trim() || undefined]);
  const given: Record<string, string | undefined> = Object.fromEntries(trimmed);
  // On Vercel, the default host is the project's domain in production, and the deployment's own domain otherwise.
  const domain = given.VERCEL_ENV === "production" ? given.VERCEL_PROJECT_PRODUCTION_URL : undefined;
  const host = domain ?? given.VERCEL_URL;
  given.APP_BASE_URL ??= host && `https://${host}`;
  const problems: string[] = [];
  const settings = parse(app, given, problems) as z.output<typeof app>;
  const method = given.OIDC_CLIENT_AUTH ?? "";
  let needed = method.startsWith("client_secret_") ? "OIDC_CLIENT_SECRET" : "";
  if (method === "private_key_jwt") needed = "OIDC_CLIENT_PRIVATE_KEY"; // part: fapi
  if (needed && !given[needed])
    problems.push(`${needed} is missing, but OIDC_CLIENT_AUTH=${method} needs it`);
  // part: broker
  if (given.BROKER_AUDIENCE && !given.SESSION_STORE_URL) {
    problems.push(
      "SESSION_STORE_URL is missing, but BROKER_AUDIENCE needs it. Example: sqlite:data/sessions.db",
    );
  }
  if (given.BROKER_TRUSTED_ISSUERS && !given.BROKER_AUDIENCE) {
    problems.push("BROKER_AUDIENCE is missing, but BROKER_TRUSTED_ISSUERS needs it");
  }
  if (settings.appBaseUrl && settings.broker.trustedIssuers?.includes(settings.appBaseUrl)) {
    problems.push(
      "BROKER_TRUSTED_ISSUERS contains APP_BASE_URL. Remove it: the app's own tokens are always accepted",
    );
  }
  // end part: broker
  problems.push(...previewProblems(settings)); // part: previews
  if (problems.length > 0) throw new SettingsError(problems);
  return withDerived(settings, given);
}

// part: previews
/** Checks that an app that matches PREVIEW_ORIGINS uses production's callback, and that production uses its own. */
function previewProblems({ appBaseUrl, previewOrigins, oidc }: Partial<z.output<typeof app>>): string[] {
  if (!appBaseUrl || !previewOrigins?.length) return [];
  const isPreview = previewOrigins.some((pattern) => pattern.test(appBaseUrl));
  const callback = URL.parse(oidc?.redirectUri ?? "")?.origin ?? appBaseUrl;
  if (isPreview === (callback !== appBaseUrl)) return [];
  return isPreview
    ? ["OIDC_REDIRECT_URI must be production's callback, because PREVIEW_ORIGINS matches APP_BASE_URL"]
    : [`PREVIEW_ORIGINS does not match APP_BASE_URL, so ${callback} would not redirect logins back here`];
}
// end part: previews

/** Parses each setting of an object on its own, so that one message can name everything that is wrong. */
function parse({ shape }: z.ZodObject, given: Environment, problems: string[]): object {
  const entries = Object.entries(shape).map(([property, form]) => {
    if (form instanceof z.ZodObject) return [property, parse(form, given, problems)];
    const name = names.get(form) ?? "";
    const { data, error } = z.safeParse(form, given[name]);
    const remove = "has quotation marks around its value. They would become part of it, so remove them";
    if (QUOTED.test(given[name] ?? "")) problems.push(`${name} ${remove}`);
    else for (const { message } of error?.issues ?? []) problems.push(`${name} ${message}`);
    return [property, data];
  });
  return Object.fromEntries(entries);
}
