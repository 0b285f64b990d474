import { randomBytes } from "node:crypto";
import { SETTING_NAMES } from "../../../lib/settings.ts";

// All settings of the app, and other variables that change how it runs. An app under test gets an empty value for each
// one that its test does not set. Otherwise the value in the shell, or in .env.local, which Next.js reads, would count.
const SETTINGS = [
  "APP_BASE_URL",
  "SESSION_SECRET",
  "OIDC_ISSUER",
  "OIDC_CLIENT_ID",
  "OIDC_CLIENT_SECRET",
  "OIDC_CLIENT_AUTH",
  "OIDC_CLIENT_PRIVATE_KEY", // part: fapi
  "OIDC_AUTHORIZATION_PARAMS",
  "OIDC_SIGNUP_PARAMS",
  "OIDC_ROLES_CLAIM",
  "OIDC_PAR", // part: fapi
  "OIDC_DPOP", // part: fapi
  "OIDC_RESPONSE_MODE",
  "OIDC_SCOPE",
  "OIDC_AUDIENCE",
  "OIDC_RESOURCE",
  "OIDC_REDIRECT_URI",
  "OIDC_POST_LOGOUT_REDIRECT_URI",
  "OIDC_AUTHORIZATION_ENDPOINT",
  "OIDC_TOKEN_ENDPOINT",
  "OIDC_USERINFO_ENDPOINT",
  "OIDC_JWKS_URI",
  "OIDC_END_SESSION_ENDPOINT",
  "OIDC_TIMEOUT",
  "API_SERVER_URL",
  "SESSION_MAX_AGE",
  "SESSION_IDLE_TIMEOUT",
  "SESSION_STORE_URL", // part: store
  "BROKER_AUDIENCE", // part: broker
  "BROKER_TRUSTED_ISSUERS", // part: broker
  "BROKER_REDIRECT_PORTS", // part: broker
  "BROKER_REDIRECT_URIS", // part: broker
  "BROKER_REFRESH_LIFETIME", // part: broker
  "PREVIEW_ORIGINS", // part: previews
  "BACKEND_PROXY_URL", // part: backend-proxy
  "BACKEND_PROXY_METHODS", // part: backend-proxy
  "VERCEL_ENV",
  "VERCEL_URL",
  "VERCEL_PROJECT_PRODUCTION_URL",
  "PORT",
  "HOSTNAME",
  "NODE_EXTRA_CA_CERTS",
] as const;

export type AppSettings = Partial<Record<(typeof SETTINGS)[number], string>>;

/**
 * The whole environment of an app under test.
 *
 * @param settings the settings that are set; all others are empty, which the app treats as not set
 */
export function appEnvironment(settings: AppSettings): NodeJS.ProcessEnv {
  const unset = Object.fromEntries([...SETTINGS, ...SETTING_NAMES].map((name) => [name, ""]));
  return { ...process.env, ...unset, ...settings, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
}

/** A `SESSION_SECRET` that no other app has. */
export function newSessionSecret(): string {
  return randomBytes(32).toString("base64url");
}
