import { readSettings, SETTING_NAMES, type Settings, SettingsError } from "../../../lib/settings.ts";
import type { Environment } from "../../start/environment.ts";
import { error, ok, type Result, warning } from "../report/finding.ts";
import type { Situation } from "../report/situation.ts";

/** The outcome of reading the settings. */
export interface SettingsCheck {
  readonly results: readonly Result[];
  /** The settings for the other checks; null if there are not enough of them. */
  readonly usable: { readonly settings: Settings; readonly environment: Environment } | null;
  /** The names of the settings that are wrong. */
  readonly broken: ReadonlySet<string>;
}

/** Values that replace a wrong setting, so that the other checks can run; null removes it. */
const STAND_INS: Readonly<Record<string, string | null>> = {
  SESSION_SECRET: "a placeholder while there is no usable secret",
  API_SERVER_URL: null,
  SESSION_STORE_URL: null,
  SESSION_MAX_AGE: null,
  SESSION_IDLE_TIMEOUT: null,
};

const PLACEHOLDER = /^(…|\.{3}|<.*>|x{3,}|change-?me|todo|your[-_ ].*)$/i;
const CALLBACK_PATHS = ["/auth/callback", "/callback"];

/** "Settings": complete and valid, as the server requires, and consistent with each other. */
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
  if (results.length === 0) results.push(ok(`Complete and valid.${beforeProduction(given, mode)}`));
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
  return `Change settings in ${places}. .env.example explains each.`;
}

function placeholders(given: Environment): Result[] {
  return ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_AUDIENCE", "SESSION_SECRET"]
    .filter((name) => PLACEHOLDER.test(given[name]?.trim() ?? ""))
    .map((name) => error(`${name} still has the value of an example.`, `Set ${name} to your own value.`));
}

/** A misspelled name has no effect, and causes no error. */
function unknownNames(given: Environment): Result[] {
  const isSetting = (name: string) => SETTING_NAMES.includes(name);
  const unknown = Object.keys(given).filter((name) => /^(OIDC|BROKER)_/.test(name) && !isSetting(name));
  const how = ".env.example lists all settings.";
  return unknown.map((name) => warning(`${name} is not a setting of the app, so it has no effect.`, how));
}

function contradictions(
  { appBaseUrl, https, oidc, sessionIdleTimeout, sessionMaxAge }: Settings,
  mode: Mode,
): Result[] {
  const callback = new URL(oidc.redirectUri);
  const isElsewhere = callback.origin !== new URL(appBaseUrl).origin;
  const isLocal = /^http:\/\/(localhost|127\.|\[::1\])/.test(appBaseUrl);
  return [
    isElsewhere &&
      warning(
        `OIDC_REDIRECT_URI is at ${callback.origin}, but APP_BASE_URL is ${appBaseUrl}: the login cookie is not sent there, and every login ends in login_expired.`,
        "Use the same scheme, host and port for both.",
      ),
    !isElsewhere &&
      !CALLBACK_PATHS.includes(callback.pathname) &&
      warning(
        `OIDC_REDIRECT_URI has the path ${callback.pathname}, which the app does not serve.`,
        `Use ${appBaseUrl}/auth/callback, and register it.`,
      ),
    mode === "production" &&
      !(https || isLocal) &&
      warning(
        `APP_BASE_URL is ${appBaseUrl}: without https, others on the network can read cookies and codes.`,
        "Serve the app over https, and change APP_BASE_URL accordingly.",
      ),
    sessionIdleTimeout > sessionMaxAge &&
      warning(
        "SESSION_IDLE_TIMEOUT is longer than SESSION_MAX_AGE, so it has no effect.",
        "Shorten it, or remove it.",
      ),
  ].filter((result) => result !== false);
}

/** The settings that production requires in addition. `npm run dev` has defaults for them. */
function beforeProduction(given: Environment, mode: Mode): string {
  if (mode === "production") return "";
  const needed = ["APP_BASE_URL", "SESSION_SECRET", "OIDC_ISSUER", "OIDC_CLIENT_ID"];
  const missing = needed.filter((name) => !given[name]);
  return missing.length > 0
    ? ` For npm start, also set ${new Intl.ListFormat("en-GB").format(missing)}.`
    : "";
}

type Mode = Situation["mode"];
