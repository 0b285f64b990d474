import "server-only";
import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import { cache } from "react";
import { BoundedMap, sharedState } from "../shared-state.ts";
import { requestIdOf, SEARCH_HEADER } from "./http.ts";
import { isUsable } from "./refresh.ts";
import { loginPath } from "./return-to.ts";
import type { Session } from "./session.ts";
import { jarOf } from "./session-cookie.ts";
import { sessions } from "./session-storage.ts";
import { toUser, type User } from "./user/run-hooks.ts";

export { toUser, type User };

/**
 * The visitor's session, looked up once for each render; null without one, and where its access token has expired and
 * cannot be refreshed. The middleware has refreshed it where needed.
 */
export const getSession = cache(async (): Promise<Session | null> => {
  const known = takeSession(await headers());
  if (known !== undefined) return known;
  const opened = await sessions().open(jarOf(await cookies()));
  return opened && (await isUsable(opened)) ? opened : null;
});

/** The person who makes the request; null for a visitor who is not logged in. */
export const getUser = cache(async (): Promise<User | null> => {
  const session = await getSession();
  return session && toUser(session);
});

type LoggedIn = { readonly user: User; readonly session: Session };
/** For guarded pages and actions. A visitor without a session is redirected to the login, and returns to `returnTo`. */
export async function requireUser(returnTo: string): Promise<LoggedIn> {
  const session = await getSession();
  if (session) return { user: toUser(session), session };
  const { pathname, search } = new URL(returnTo, "https://app.invalid");
  redirect(loginPath(pathname, search || ((await headers()).get(SEARCH_HEADER) ?? "")));
}

const MAX_REQUESTS = 200; // between the middleware and their page; some have no page
/** Sessions by request id. An id is not secret, so an entry is only for a request with the same cookies. */
type Found = BoundedMap<string, { readonly session: Session | null; readonly cookies: string | null }>;
const found = () => sharedState("sessions by request", (): Found => new BoundedMap(MAX_REQUESTS));

/** Keeps the session that the middleware opened for the page. @param headers as the page will see them */
export function rememberSession(requestId: string, headers: Headers, session: Session | null): void {
  found().set(requestId, { session, cookies: headers.get("cookie") });
}

/** The session that the middleware opened for this request, once; undefined if there is none to take. */
export function takeSession(headers: Headers): Session | null | undefined {
  const requestId = requestIdOf({ headers });
  const entry = found().get(requestId);
  if (!entry || entry.cookies !== headers.get("cookie")) return undefined;
  found().delete(requestId);
  return entry.session;
}
