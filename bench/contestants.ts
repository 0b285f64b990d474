import { type Place, redisUrl } from "./deployments.ts"; // part: store
import { keepAlive } from "./load.ts";
import type { Reference } from "./references.ts";
import type { Contestant } from "./rounds.ts";
import type { Server } from "./server.ts";
import type { Stage } from "./stage.ts";

/** The number of requests that are sent in parallel. */
export const CONNECTIONS = 8;

/** Starts the server of a page that is to be measured. */
export type Entrant = (stage: Stage) => Promise<Contestant>;

/**
 * The page that every other page is compared with. It shows the profile of the same person in the same layout as all
 * others, except `plain` and the redirect. Requests carry session cookies, except for the last two pages.
 */
export const empty = reference("empty: no login, empty middleware", "empty");

/** The page of a new Next.js project, with the person's name added. */
export const plain = reference("plain: a new project's page with a name", "plain");

/** The pages to compare with {@link empty}. */
export function challengers(): Entrant[] {
  return [
    reference("bare: no login, no middleware", "bare"),
    async ({ cookies }) => page("guarded, session in cookies", cookies.app, cookies.cookieHeader),
    guarded("SQLite"), // part: store
    ...(redisUrl() ? [guarded("Redis")] : []), // part: store
    reference("iron-session in middleware and page", "opening"),
    async (stage) => page("empty, requested without cookies", await stage.reference("empty"), null),
    async ({ cookies }) => ({ ...page("guarded, redirects to the login", cookies.app, null), status: 307 }),
  ];
}

function reference(name: string, which: Reference): Entrant {
  return async (stage) => page(name, await stage.reference(which), stage.cookies.cookieHeader);
}

// part: store
function guarded(place: Place): Entrant {
  return async (stage) => {
    const { app, cookieHeader } = await stage.deploy(place);
    return page(`guarded, session in ${place}`, app, cookieHeader);
  };
}
// end part: store

function page(name: string, server: Server, cookie: string | null): Contestant {
  const headers = cookie === null ? {} : { cookie };
  return { name, server, url: `${server.url}/profile`, headers, status: 200, agent: keepAlive(CONNECTIONS) };
}
