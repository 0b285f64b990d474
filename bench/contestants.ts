import { keepAlive } from "./load.ts";
import type { Contestant } from "./rounds.ts";
import type { Server } from "./server.ts";
import type { Stage } from "./stage.ts";

/** Requests under way at a time. */
export const CONNECTIONS = 8;

/**
 * The pages that are compared. Each shows the same person the same profile, within the same layout, and is asked with
 * session cookies unless its name says otherwise. The first two are what the others are compared with.
 */
export function contestants({ deployments, references }: Stage): Contestant[] {
  const { cookies, SQLite, Redis } = deployments;
  return [
    page("bare: no login, no middleware", references.bare, cookies.cookieHeader),
    page("empty: no login, empty middleware", references.empty, cookies.cookieHeader),
    page("guarded, session in cookies", cookies.app, cookies.cookieHeader),
    page("guarded, session in SQLite", SQLite.app, SQLite.cookieHeader),
    ...(Redis ? [page("guarded, session in Redis", Redis.app, Redis.cookieHeader)] : []),
    page("iron-session in middleware and page", references.opening, cookies.cookieHeader),
    page("empty, asked without cookies", references.empty, null),
    { ...page("guarded, asked without cookies: redirect", cookies.app, null), status: 307 },
  ];
}

function page(name: string, server: Server, cookie: string | null): Contestant {
  const headers = cookie === null ? {} : { cookie };
  return { name, server, url: `${server.url}/profile`, headers, status: 200, agent: keepAlive(CONNECTIONS) };
}
