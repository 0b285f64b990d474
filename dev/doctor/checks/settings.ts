import { readSettings, SETTING_NAMES, type Settings, SettingsError } from "../../../lib/settings.ts";
import type { Environment } from "../../start/environment.ts";
import { error, ok, type Result, warning } from "../report/finding.ts";
import type { Situation } from "../report/situation.ts";

/** What has come of reading the settings. */
export interface SettingsCheck {
  readonly results: readonly Result[];
  /** What the other checks go by: null where they cannot. */
  readonly usable: { readonly settings: Settings; readonly environment: Environment } | null;
  /** The settings that are wrong. */
  readonly broken: ReadonlySet<string>;
}

/** What stands in for a setting that is wrong, so that the rest can be looked at all the same; null: nothing. */
const STAND_INS: Readonly<Record<string, string | null>> = {
  SESSION_SECRET: "what the doctor goes by where there is none",
  API_SERVER_URL: null,
  SESSION_STORE_URL: null,
  SESSION_MAX_AGE: null,
  SESSION_IDLE_TIMEOUT: null,
};

const PLACEHOLDER = /^(…|\.{3}|<.*>|x{3,}|change-?me|todo|your[-_ ].*)$/i;
const CALLBACK_PATHS = ["/auth/callback", "/callback"];

/** "Settings": complete and well formed, as the server would have it, and fitting each other. */
export function checkSettings({ environment, given, mode, files, unreadable }: Situation): SettingsCheck {
  if (unreadable.length > 0) {
    const how = "PowerShell's > writes UTF-16; its Set-Content -Encoding utf8 writes UTF-8.";
    return {
      results: unreadable.map((problem) => error(`${problem}.`, how)),
      usable: null,
      broken: new Set(),
    };
  }
  const { settings, problems } = read(environment);
  const broken = new Set(problems.map((problem) => problem.split(" ")[0] ?? ""));
  const last = problems.length - 1;
  const results = problems.map((problem, index) => error(problem, ...(index === last ? [where(files)] : [])));
  results.push(...placeholders(given), ...unknownNames(given));
  if (settings) results.push(...contradictions(settings, mode));
  const usable = settings ? { settings, environment } : standIn(environment, broken);
  if (results.length === 0) results.push(ok(`Complete and well formed.${beforeProduction(given, mode)}`));
  return { results, usable, broken };
}

function read(environment: Environment): { settings: Settings | null; problems: readonly string[] } {
  try {
    return { settings: readSettings(environment), problems: [] };
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown;
    return { settings: null, problems: thrown.problems };
  }
}

function standIn(environment: Environment, broken: ReadonlySet<string>): SettingsCheck["usable"] {
  if (![...broken].every((name) => name in STAND_INS)) return null;
  const replaced = [...broken].map((name) => [name, STAND_INS[name] ?? undefined]);
  const mended: Environment = { ...environment, ...Object.fromEntries(replaced) };
  const { settings } = read(mended);
  return settings && { settings, environment: mended };
}

function where(files: readonly string[]): string {
  const places =
    files.length > 0 ? `${files.join(", ")} or the environment` : ".env.local or the environment";
  return `Settings stand in ${places}; .env.example explains each.`;
}

function placeholders(given: Environment): Result[] {
  return ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_AUDIENCE", "SESSION_SECRET"]
    .filter((name) => PLACEHOLDER.test(given[name]?.trim() ?? ""))
    .map((name) =>
      error(`${name} still holds what an example has in its place.`, `Set ${name} to a value of your own.`),
    );
}

/** A name that is nearly one is worth nothing, and nobody says so. */
function unknownNames(given: Environment): Result[] {
  return Object.keys(given)
    .filter(
      (name) =>
        /^(OIDC|BROKER)_/.test(name) &&
        !SETTING_NAMES.includes(name) &&
        !/^BROKER_(AUDIENCE|TRUSTED_ISSUERS)$/.test(name),
    )
    .map((name) =>
      warning(
        `${name} is no setting of the app, and does nothing.`,
        ".env.example has the names of all settings.",
      ),
    );
}

function contradictions(
  { appBaseUrl, https, oidc, sessionIdleTimeout, sessionMaxAge }: Settings,
  mode: Mode,
): Result[] {
  const callback = new URL(oidc.redirectUri);
  const results: Result[] = [];
  if (callback.origin !== new URL(appBaseUrl).origin) {
    results.push(
      warning(
        `OIDC_REDIRECT_URI is at ${callback.origin}, but APP_BASE_URL is ${appBaseUrl}: the login cookie stays behind, and every login ends in login_expired.`,
        "Let both have the same scheme, host and port.",
      ),
    );
  } else if (!CALLBACK_PATHS.includes(callback.pathname)) {
    results.push(
      warning(
        `OIDC_REDIRECT_URI has the path ${callback.pathname}, where the app answers nothing.`,
        `Use ${appBaseUrl}/auth/callback, and register that.`,
      ),
    );
  }
  if (mode === "production" && !https && !/^http:\/\/(localhost|127\.|\[::1\])/.test(appBaseUrl)) {
    results.push(
      warning(
        `APP_BASE_URL is ${appBaseUrl}: without https, cookies and codes can be read on the way.`,
        "Serve the app by https, and set APP_BASE_URL accordingly.",
      ),
    );
  }
  if (sessionIdleTimeout > sessionMaxAge) {
    results.push(
      warning(
        "SESSION_IDLE_TIMEOUT is longer than SESSION_MAX_AGE, and so has no effect.",
        "Shorten it, or leave it out.",
      ),
    );
  }
  return results;
}

/** `npm run dev` fills in what production wants to be told. */
function beforeProduction(given: Environment, mode: Mode): string {
  if (mode === "production") return "";
  const needed = ["APP_BASE_URL", "SESSION_SECRET", "OIDC_ISSUER", "OIDC_CLIENT_ID"];
  const missing = needed.filter((name) => !given[name]);
  return missing.length > 0
    ? ` For npm start, set ${new Intl.ListFormat("en-GB").format(missing)} as well.`
    : "";
}

type Mode = Situation["mode"];
