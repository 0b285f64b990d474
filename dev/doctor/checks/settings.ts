import { readSettings, type Settings, SettingsError } from "../../../lib/settings.ts";
import { isLoopbackHttp } from "../../../lib/settings-fields.ts";
import { unknownSettings } from "../../../scripts/check-settings.ts";
import type { Environment } from "../../start/environment.ts";
import { error, ok, type Result, warning } from "../check.ts";
import type { Mode, Situation } from "../report/situation.ts";

/** Replaces a wrong SESSION_SECRET, so that the other checks can run. */
const STAND_IN = "a placeholder while there is no usable secret";

const PLACEHOLDER = /^(…|\.{3}|<.*>|x{3,}|change-?me|todo|your[-_ ].*)$/i;

/**
 * The check "Settings": whether the settings are complete, valid and consistent with each other.
 * @returns `usable`: the settings for the other checks; null if a setting that these checks need is missing or wrong.
 * `broken`: the names of the missing and wrong settings
 */
export function checkSettings({ environment, given, mode, files, unreadable }: Situation) {
  if (unreadable.length > 0) {
    const how = "In PowerShell, > writes UTF-16. Use Set-Content -Encoding utf8 instead.";
    const results = unreadable.map((problem) => error(`${problem}.`, how));
    return { results, usable: null, broken: new Set<string>() };
  }
  const { settings, problems } = read(environment);
  const broken = new Set(problems.map((problem) => problem.split(" ")[0] ?? ""));
  const mended = { ...environment };
  for (const name of broken)
    if (/^(SESSION|API)_/.test(name)) mended[name] = name === "SESSION_SECRET" ? STAND_IN : undefined;
  const usable = settings ?? read(mended).settings;
  const places = [files.join(", ") || ".env.local", "the environment"].join(" or ");
  const where = `Change settings in ${places}. .env.example explains each setting.`;
  const results = [
    ...problems.map((problem) => error(problem, problem === problems.at(-1) && where)),
    ...mistakes(given),
    ...(settings ? contradictions(settings, mode) : []),
  ];
  // npm run dev has defaults for these settings, but npm start requires them.
  const needed = ["APP_BASE_URL", "SESSION_SECRET", "OIDC_ISSUER", "OIDC_CLIENT_ID"];
  const missing = new Intl.ListFormat("en-GB").format(needed.filter((name) => !given[name]));
  const note = mode === "development" && missing ? ` For npm start, also set ${missing}.` : "";
  if (results.length === 0) results.push(ok(`Complete and valid.${note}`));
  return { results, usable: usable && { settings: usable, environment: mended }, broken };
}

function read(environment: Environment): { settings: Settings | null; problems: readonly string[] } {
  try {
    return { settings: readSettings(environment), problems: [] };
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown;
    return { settings: null, problems: thrown.problems };
  }
}

/** Finds example values and unknown settings. An unknown setting probably has a misspelled name: the app ignores it. */
function mistakes(given: Environment): Result[] {
  const examples = ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_AUDIENCE", "SESSION_SECRET"].filter(
    (name) => PLACEHOLDER.test(given[name]?.trim() ?? ""),
  );
  const how = ".env.example lists all settings.";
  return [
    ...examples.map((name) => error(`${name} still has an example value.`, `Set ${name} to your own value.`)),
    ...unknownSettings(given).map((name) =>
      warning(`${name} is not a setting of the app, so it has no effect.`, how),
    ),
  ];
}

function contradictions(settings: Settings, mode: Mode): Result[] {
  const { appBaseUrl, https, oidc, sessionIdleTimeout, sessionMaxAge } = settings;
  const base = new URL(appBaseUrl);
  const { origin, pathname } = new URL(oidc.redirectUri);
  const isElsewhere = [
    origin !== base.origin,
    settings.previewOrigins.length === 0, // part: previews
  ].every(Boolean);
  const rows: readonly (readonly [isViolated: boolean, result: typeof error, seen: string, fix: string])[] = [
    [
      isElsewhere,
      error,
      `OIDC_REDIRECT_URI is at ${origin}, but APP_BASE_URL is ${appBaseUrl}. The login cookie is set at APP_BASE_URL, so logins fail (login_expired).`,
      "Use the same scheme, host and port for both.",
    ],
    [
      !isElsewhere && !/^(\/auth)?\/callback$/.test(pathname),
      warning, // the app's owner may have added a route
      `OIDC_REDIRECT_URI has the path ${pathname}, which the app does not serve.`,
      `Use ${appBaseUrl}/auth/callback, and register it.`,
    ],
    [
      mode === "production" && !https && !isLoopbackHttp(base),
      warning,
      `APP_BASE_URL is ${appBaseUrl}: without https, others on the network can read cookies and codes.`,
      "Serve the app over https, and change APP_BASE_URL accordingly.",
    ],
    [
      sessionIdleTimeout > sessionMaxAge,
      warning,
      "SESSION_IDLE_TIMEOUT is longer than SESSION_MAX_AGE, so it has no effect.",
      "Shorten it, or remove it.",
    ],
  ];
  return rows.flatMap(([isViolated, result, seen, fix]) => (isViolated ? result(seen, fix) : []));
}
