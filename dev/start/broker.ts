import { accessSync, constants, mkdirSync } from "node:fs";
import path from "node:path";
import { SITE } from "../../lib/site.ts";

type Environment = NodeJS.Dict<string>;

/**
 * Returns the settings that turn the token broker on, with a session store: the user's, or else a file in `folder`.
 * Returns no settings with the user's own provider, which may not know the callback URL for programs. Returns none
 * without a session store either: `folder` is not writable, or SESSION_STORE_URL is set to an empty value, which keeps
 * sessions in cookies.
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

/** The banner's row about programs. It names the store only if that is a file, because a URL may contain a password. */
export function brokerRows({ BROKER_AUDIENCE, SESSION_STORE_URL = "" }: Environment): string[][] {
  if (!BROKER_AUDIENCE) return [];
  const file = /^sqlite:(.+)$/i.exec(SESSION_STORE_URL)?.[1];
  const place = file ? path.relative("", file) : "your store";
  return [["Programs", `log in with npm run program; sessions are in ${place}, not in cookies`]];
}
