import { readSettings, SETTING_NAMES, type Settings, SettingsError } from "../../../lib/settings.ts";
import type { Environment } from "../../start/environment.ts";
import { error, ok, type Result, warning } from "../report/finding.ts";
import type { Mode, Situation } from "../report/situation.ts";

/** These values replace wrong settings, so that the other checks can run; undefined removes a setting. */
const STAND_INS: Environment = {
  SESSION_SECRET: "a placeholder while there is no usable secret",
  API_SERVER_URL: undefined,
  SESSION_STORE_URL: undefined, // part: store
  SESSION_MAX_AGE: undefined,
  SESSION_IDLE_TIMEOUT: undefined,
};

const PLACEHOLDER = /^(…|\.{3}|<.*>|x{3,}|change-?me|todo|your[-_ ].*)$/i;

/**
 * The check "Settings": the settings are complete, valid and consistent with each other, as the server requires.
 * @returns `usable`: the settings for the other checks; null if a setting that these checks need is missing or wrong.
 * `broken`: the names of the wrong settings
 */
export function checkSettings({ environment, given, mode, files, unreadable }: Situation) {
  const broken = new Set<string>();
  if (unreadable.length > 0) {
    const how = "In PowerShell, > writes UTF-16. Use Set-Content -Encoding utf8 instead.";
    return { results: unreadable.map((problem) => error(`${problem}.`, how)), usable: null, broken };
  }
  const { settings, problems } = read(environment);
  for (const problem of problems) broken.add(problem.split(" ")[0] ?? "");
  const places = [files.join(", ") || ".env.local", "the environment"].join(" or ");
  const where = `Change settings in ${places}. .env.example explains each setting.`;
  const results = problems.map((problem) => error(problem, ...(problem === problems.at(-1) ? [where] : [])));
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

function standIn(environment: Environment, broken: ReadonlySet<string>) {
  if (![...broken].every((name) => name in STAND_INS)) return null;
  const replaced = Object.entries(STAND_INS).filter(([name]) => broken.has(name));
  const mended = { ...environment, ...Object.fromEntries(replaced) };
  const { settings } = read(mended);
  return settings && { settings, environment: mended };
}

function placeholders(given: Environment): Result[] {
  return ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_AUDIENCE", "SESSION_SECRET"]
    .filter((name) => PLACEHOLDER.test(given[name]?.trim() ?? ""))
    .map((name) => error(`${name} still has an example value.`, `Set ${name} to your own value.`));
}

/** Warns about each unknown setting. Its name is probably misspelled, and the app ignores it without an error. */
function unknownNames(given: Environment): Result[] {
  const isSetting = (name: string) => SETTING_NAMES.includes(name);
  const unknown = Object.keys(given).filter((name) => /^(OIDC|BROKER)_/.test(name) && !isSetting(name));
  const how = ".env.example lists all settings.";
  return unknown.map((name) => warning(`${name} is not a setting of the app, so it has no effect.`, how));
}

function contradictions(settings: Settings, mode: Mode): Result[] {
  const { appBaseUrl, https, oidc, sessionIdleTimeout, sessionMaxAge } = settings;
  const { origin, pathname } = new URL(oidc.redirectUri);
  const isElsewhere = [
    origin !== new URL(appBaseUrl).origin,
    settings.previewOrigins.length === 0, // part: previews
  ].every(Boolean);
  const isLocal = /^http:\/\/(localhost|127\.|\[::1\])/.test(appBaseUrl);
  const results: Result[] = [];
  const add = (isViolated: boolean, seen: string, fix: string) =>
    isViolated && results.push(warning(seen, fix));
  add(
    isElsewhere,
    `OIDC_REDIRECT_URI is at ${origin}, but APP_BASE_URL is ${appBaseUrl}. The login cookie is only for APP_BASE_URL, so every login fails (login_expired).`,
    "Use the same scheme, host and port for both.",
  );
  add(
    !isElsewhere && !/^(\/auth)?\/callback$/.test(pathname),
    `OIDC_REDIRECT_URI has the path ${pathname}, which the app does not serve.`,
    `Use ${appBaseUrl}/auth/callback, and register it.`,
  );
  add(
    mode === "production" && !https && !isLocal,
    `APP_BASE_URL is ${appBaseUrl}: without https, others on the network can read cookies and codes.`,
    "Serve the app over https, and change APP_BASE_URL accordingly.",
  );
  const tooLong = "SESSION_IDLE_TIMEOUT is longer than SESSION_MAX_AGE, so it has no effect.";
  add(sessionIdleTimeout > sessionMaxAge, tooLong, "Shorten it, or remove it.");
  return results;
}

/** Returns a sentence with the missing settings that only `npm start` requires. `npm run dev` has defaults for them. */
function beforeProduction(given: Environment, mode: Mode): string {
  const needed = ["APP_BASE_URL", "SESSION_SECRET", "OIDC_ISSUER", "OIDC_CLIENT_ID"];
  const missing = needed.filter((name) => !given[name]);
  if (mode === "production" || missing.length === 0) return "";
  return ` For npm start, also set ${new Intl.ListFormat("en-GB").format(missing)}.`;
}
