import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { envFilesOf, findUnreadableEnvFiles } from "../../../lib/env-files.ts";
import { appEnvironment, type Environment, makePlan, readEnvironment } from "../../start/environment.ts";

/** Whose settings are looked at: those of `npm run dev`, or those of `npm start`. */
export type Mode = "development" | "production";

/** The settings as the server would find them. */
export interface Situation {
  readonly mode: Mode;
  /** The .env files that were read, the one that counts most first. */
  readonly files: readonly string[];
  /** A sentence for each of them that cannot be read. */
  readonly unreadable: readonly string[];
  /** What the user has set. */
  readonly given: Environment;
  /** That, with what `npm run dev` adds to it. */
  readonly environment: Environment;
  /** What `npm run dev` brings along, since the user names none of their own. */
  readonly brought: { readonly provider: boolean; readonly api: boolean };
}

const SETTING =
  /^(OIDC_|BROKER_)|^(APP_BASE_URL|API_SERVER_URL|SESSION_(SECRET|STORE_URL|MAX_AGE|IDLE_TIMEOUT))$/;

/**
 * Reads the settings, from the environment and from the .env files in the order of Next.js.
 *
 * @param wanted the mode that the user asked for; otherwise it goes by what there is
 * @throws SettingError as {@link makePlan}
 */
export function readSituation(root: string, wanted?: Mode): Situation {
  const mode = wanted ?? guessMode(root);
  const files = envFilesOf(mode).filter((file) => existsSync(path.join(root, file)));
  const unreadable = findUnreadableEnvFiles(root, mode);
  const given = readEnvironment(root, mode === "development" ? "dev" : "demo");
  return { mode, files, unreadable, given, ...complete(given, mode) };
}

function complete(given: Environment, mode: Mode): Pick<Situation, "environment" | "brought"> {
  if (mode === "production") return { environment: given, brought: { provider: false, api: false } };
  const plan = makePlan(given);
  const sessionSecret = randomBytes(32).toString("base64url"); // it has one of its own
  const added = appEnvironment({ mode: "dev", plan, environment: given, sessionSecret });
  return {
    environment: { ...given, ...added },
    brought: { provider: plan.providerPort !== undefined, api: plan.apiPort !== undefined },
  };
}

/** Whether nothing is set that the app would read: somebody who has just come. */
export function isNewcomer({ mode, given, unreadable }: Situation): boolean {
  const hasSet = unreadable.length > 0 || Object.keys(given).some((name) => SETTING.test(name));
  return mode === "development" && !hasSet;
}

function guessMode(root: string): Mode {
  const has = (mode: Mode) =>
    [`.env.${mode}.local`, `.env.${mode}`].some((file) => existsSync(path.join(root, file)));
  if (process.env.NODE_ENV === "production") return "production";
  return has("production") && !has("development") ? "production" : "development";
}
