import { keepAlive } from "./load.ts";
import type { Contestant } from "./rounds.ts";
import type { Server } from "./server.ts";
import type { Stage } from "./stage.ts";

/** Requests under way at a time. */
export const CONNECTIONS = 8;

/** A page whose server is yet to be started. */
export type Entrant = (stage: Stage) => Promise<Contestant>;

/**
 * The page that all are compared with, alone with each of them in a heat. Each shows the same person the same profile,
 * within the same layout, and is asked with session cookies unless its name says otherwise.
 */
export const empty: Entrant = async (stage) =>
  page("empty: no login, empty middleware", await stage.reference("empty"), stage.cookies.cookieHeader);

/** The page without a middleware. */
export const bare: Entrant = async (stage) =>
  page("bare: no login, no middleware", await stage.reference("bare"), stage.cookies.cookieHeader);

/** The app and what else there is. @param hasRedis whether sessions can be in Redis */
export function challengers(hasRedis: boolean): Entrant[] {
  return [
    async ({ cookies }) => page("guarded, session in cookies", cookies.app, cookies.cookieHeader),
    guarded("SQLite"),
    ...(hasRedis ? [guarded("Redis")] : []),
    async (stage) =>
      page(
        "iron-session in middleware and page",
        await stage.reference("opening"),
        stage.cookies.cookieHeader,
      ),
    async (stage) => page("empty, asked without cookies", await stage.reference("empty"), null),
  ];
}

function guarded(place: "SQLite" | "Redis"): Entrant {
  return async (stage) => {
    const { app, cookieHeader } = await stage.deploy(place);
    return page(`guarded, session in ${place}`, app, cookieHeader);
  };
}

function page(name: string, server: Server, cookie: string | null): Contestant {
  const headers = cookie === null ? {} : { cookie };
  return { name, server, url: `${server.url}/profile`, headers, status: 200, agent: keepAlive(CONNECTIONS) };
}
