import { accessSync, constants, mkdirSync } from "node:fs";
import path from "node:path";
import { SITE } from "../../lib/site.ts";

type Environment = NodeJS.Dict<string>;

/**
 * The settings that turn the token broker on, with sessions in a file beside the local state. There are none with the
 * user's own provider, which may not know the callback of programs, where the folder is not writable, and where
 * SESSION_STORE_URL is set to nothing, which keeps sessions in cookies.
 *
 * @param folder of the local state
 */
export function brokerSettings(folder: string, environment: Environment): Environment {
  const { OIDC_ISSUER, SESSION_STORE_URL = localStore(folder), BROKER_AUDIENCE } = environment;
  if (OIDC_ISSUER || !SESSION_STORE_URL) return {};
  return { SESSION_STORE_URL, BROKER_AUDIENCE: BROKER_AUDIENCE ?? `https://programs.${SITE.id}.local` };
}

function localStore(folder: string): string | null {
  if (process.env.SESSION_STORE_URL === "") return null;
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return `sqlite:${path.join(folder, "sessions.db")}`;
  } catch {
    return null;
  }
}

/** The banner's row about programs, and where sessions are. Of other stores than SQLite the URL may contain a password. */
export function brokerRows({ BROKER_AUDIENCE, SESSION_STORE_URL = "" }: Environment): string[][] {
  if (!BROKER_AUDIENCE) return [];
  const file = /^sqlite:(.+)$/i.exec(SESSION_STORE_URL)?.[1];
  const place = file ? path.relative("", file) : "your store";
  return [["Programs", `npm run program logs one in; sessions are in ${place}, not in cookies`]];
}
