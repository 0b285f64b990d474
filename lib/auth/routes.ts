/** An entry for a path and, except for `/`, all paths below it. If several match a path, the longest entry applies. */
interface Route {
  readonly path: string;
  readonly alias?: string; // a second path of the same route: for example, tutorials register `/callback`
  /** `open`: needs no session. `user`: needs one. `session`: begins or ends a session, so the guard skips the route. */
  readonly access: "open" | "user" | "session";
  readonly json?: true; // responds with JSON, even for errors
  readonly exact?: true; // the entry does not apply to paths below it
}

/** All paths that the guard knows. A page that requires a session also calls `requireUser` itself. */
export const ROUTES: readonly Route[] = [
  { path: "/", access: "open" },
  { path: "/theme", access: "open", json: true }, // part: whole-app
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

/** Finds the entry for a path. @returns undefined if there is none: then only the page itself can require a session */
export function routeOf(pathname: string): Route | undefined {
  return LONGEST_FIRST.find(
    ({ path, alias, exact }) => pathname === alias || (exact ? pathname === path : isBelow(pathname, path)),
  );
}

/** Whether a lower-case path belongs to the login routes. A login must not return the visitor to such a path. */
export function isLoginPath(pathname: string): boolean {
  if (isBelow(pathname, "/auth") || routeOf(pathname)?.access === "session") return true;
  return ROUTES.some(({ alias }) => alias && isBelow(pathname, alias));
}

/** Whether a path has a route handler instead of a page: JSON routes, and login routes except the error page. */
export function isRouteHandler(pathname: string): boolean {
  return routeOf(pathname)?.json === true || (isLoginPath(pathname) && pathname !== "/auth/error");
}

const LONGEST_FIRST = ROUTES.toSorted((a, b) => b.path.length - a.path.length);

function isBelow(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(`${path}/`);
}
