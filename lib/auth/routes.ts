/** A page or a route, and everything below it. If several match, the longest path decides. */
interface Route {
  readonly path: string;
  readonly alias?: string; // a second address of the same route, such as `/callback`, which tutorials register
  /** `user` needs a session. `session` begins or ends one itself, so the guard neither refreshes nor redirects. */
  readonly access: "open" | "user" | "session";
  readonly json?: true; // answers with JSON, also when it refuses a request
  readonly exact?: true; // the entry does not apply to paths below it
}

/** Every address that the guard has to know. Pages that need a session also check for one themselves. */
export const ROUTES: readonly Route[] = [
  { path: "/", access: "open" },
  { path: "/theme", access: "open", json: true },
  { path: "/profile", access: "user" },
  { path: "/public", access: "open" }, // part: demo
  { path: "/dashboard", access: "user" }, // part: demo
  { path: "/protected", access: "user" }, // part: demo
  { path: "/admin", access: "user" }, // part: demo
  { path: "/note", access: "user" }, // part: demo
  { path: "/change-email", access: "user" }, // part: demo
  { path: "/learn", access: "open" }, // part: learn
  { path: "/inspector", access: "open" }, // part: inspector
  { path: "/api", access: "user", json: true }, // part: whole-app
  { path: "/auth/login", alias: "/login", access: "session" },
  { path: "/auth/signup", alias: "/signup", access: "session" },
  { path: "/auth/callback", alias: "/callback", access: "session" },
  { path: "/auth/logout", alias: "/logout", access: "session" },
  { path: "/auth/sessions", access: "session" }, // part: remote-logout
  { path: "/auth/backchannel-logout", access: "session", json: true }, // part: remote-logout
  // part: broker
  { path: "/programs", access: "user" }, // part: whole-app
  { path: "/programs/connected", access: "open", exact: true }, // part: whole-app
  { path: "/auth/programs", access: "session" }, // part: whole-app
  { path: "/auth/v2", access: "session", json: true },
  { path: "/api/auth/v2", access: "session", json: true },
  { path: "/api/me", access: "open", json: true, exact: true }, // part: whole-app
  { path: "/api/maybe-me", access: "open", json: true, exact: true }, // part: whole-app
  { path: "/api/email", access: "open", json: true, exact: true }, // part: whole-app
  { path: "/api/admin", access: "open", json: true, exact: true }, // part: whole-app
  { path: "/me", access: "open", json: true, exact: true }, // part: whole-app
  { path: "/maybe_me", access: "open", json: true, exact: true }, // part: whole-app
  // end part: broker
  { path: "/auth/me", access: "open", json: true },
  { path: "/auth/error", access: "open" },
  { path: "/healthz", access: "open", json: true }, // part: container
  { path: "/readyz", access: "open", json: true }, // part: container
  { path: "/unavailable", access: "open" }, // part: store
];

/** The entry for a path. @returns undefined for a path without one: then only the page itself can require a session */
export function routeOf(pathname: string): Route | undefined {
  return LONGEST_FIRST.find(
    ({ path, alias, exact }) => pathname === alias || (exact ? pathname === path : isBelow(pathname, path)),
  );
}

/** Whether the lower-case path is `/auth`, an alias, or below one of these: no login may return a visitor there. */
export function isLoginPath(pathname: string): boolean {
  return isBelow(pathname, "/auth") || ROUTES.some(({ alias }) => alias && isBelow(pathname, alias));
}

/** Whether a route handler answers, not a page: every JSON route, and all paths below `/auth` except the error page. */
export function isRouteHandler(pathname: string): boolean {
  return routeOf(pathname)?.json === true || (isLoginPath(pathname) && pathname !== "/auth/error");
}

const LONGEST_FIRST = ROUTES.toSorted((a, b) => b.path.length - a.path.length);

function isBelow(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(`${path}/`);
}
