import { accessSync, constants, mkdirSync } from "node:fs";
import path from "node:path";
import { SITE } from "../../lib/site.ts";

type Environment = NodeJS.Dict<string>;

/**
 * The settings that turn the token broker on. By default, sessions are then stored in a file in the folder of the local
 * state. The broker stays off with the user's own provider, which may not know the callback URL for programs. It also
 * stays off without a session store: if that folder is not writable, or if SESSION_STORE_URL is set to an empty value,
 * which keeps sessions in cookies.
 *
 * @param folder the folder of the local state
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

/** The banner's row about programs. It names the session store only if this is a file: a URL may have a password. */
export function brokerRows({ BROKER_AUDIENCE, SESSION_STORE_URL = "" }: Environment): string[][] {
  if (!BROKER_AUDIENCE) return [];
  const file = /^sqlite:(.+)$/i.exec(SESSION_STORE_URL)?.[1];
  const place = file ? path.relative("", file) : "your store";
  return [["Programs", `log in with npm run program; sessions are in ${place}, not in cookies`]];
}
