import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { SETTING_NAMES } from "../../../lib/settings.ts";
import { envFilesOf, findUnreadableEnvFiles, OWN_NAME } from "../../../scripts/check-settings.ts";
import {
  appEnvironment,
  brokerSettings, // part: broker
  type Environment,
  makePlan,
  readEnvironment,
  stateFolder, // part: broker
} from "../../start/environment.ts";

/** The command whose settings the doctor checks: `npm run dev` for development, `npm start` for production. */
export type Mode = "development" | "production";

/** The settings as the server finds them when it starts. */
export interface Situation {
  readonly mode: Mode;
  /** The .env files that were read, the one with the highest precedence first. */
  readonly files: readonly string[];
  /** A message for each .env file that cannot be read. */
  readonly unreadable: readonly string[];
  /** The variables that the user has set. */
  readonly given: Environment;
  /** The variables that the server gets: the user's and, in development, those that `npm run dev` adds. */
  readonly environment: Environment;
  /** Whether `npm run dev` starts the provider and the API, because the user has not set a URL for them. */
  readonly brought: { readonly provider: boolean; readonly api: boolean };
}

/**
 * Reads the settings from the environment and from the .env files, with the same precedence as Next.js.
 * @param wanted the mode; by default, the .env files and NODE_ENV determine the mode
 * @throws SettingError if {@link makePlan} rejects the settings for `npm run dev`
 */
export function readSituation(root: string, wanted?: Mode): Situation {
  const exists = (file: string) => existsSync(path.join(root, file));
  const has = (mode: Mode) => exists(`.env.${mode}.local`) || exists(`.env.${mode}`);
  const isProduction = process.env.NODE_ENV === "production" || (has("production") && !has("development"));
  const mode = wanted ?? (isProduction ? "production" : "development");
  const files = envFilesOf(mode).filter(exists);
  const given = readEnvironment(root, mode === "development" ? "dev" : "demo");
  const read = { mode, files, unreadable: findUnreadableEnvFiles(root, mode), given };
  if (mode === "production") return { ...read, environment: given, brought: { provider: false, api: false } };
  const environment = {
    ...given,
    ...brokerSettings(stateFolder(root), given), // part: broker
  };
  const plan = makePlan(environment);
  const sessionSecret = randomBytes(32).toString("base64url"); // a placeholder: npm run dev generates its own secret
  Object.assign(environment, appEnvironment({ mode: "dev", plan, environment, sessionSecret }));
  const brought = { provider: plan.providerPort !== undefined, api: plan.apiPort !== undefined };
  return { ...read, environment, brought };
}

/** Whether the user has set none of the app's settings. False for `npm start`, or if a .env file is unreadable. */
export function isNewcomer({ mode, given, unreadable }: Situation): boolean {
  const names = Object.keys(given).filter((name) => OWN_NAME.test(name) || SETTING_NAMES.includes(name));
  return mode === "development" && unreadable.length === 0 && names.length === 0;
}
