import "server-only";
import { cookies, headers } from "next/headers";
import { forbidden, redirect } from "next/navigation";
import { cache } from "react";
import { getSettings } from "../settings.ts";
import { BoundedMap, sharedState } from "../shared-state.ts";
import { type Requirement, refusalOf } from "./access/requirement.ts";
import { json, requestIdOf, SEARCH_HEADER } from "./http.ts";
import { isUsable } from "./refresh.ts";
import { loginPath } from "./return-to.ts";
import type { Session } from "./session.ts";
import { jarOf } from "./session-cookie.ts";
import { sessions } from "./session-storage.ts";
import { toUser, type User } from "./user/run-hooks.ts";

export { toUser, type User };

/**
 * The visitor's session. Null if there is none, or if its access token has expired and cannot be refreshed. The
 * middleware has already refreshed the token if necessary. Each render looks up the session only once.
 */
export const getSession = cache(async (): Promise<Session | null> => {
  const known = takeSession(await headers());
  if (known !== undefined) return known;
  const opened = await sessions().open(jarOf(await cookies()));
  return opened && (await isUsable(opened)) ? opened : null;
});

/** The user who makes the request. Null if the visitor is not logged in. */
export async function getUser(): Promise<User | null> {
  const session = await getSession();
  return session && userOf(session);
}
const userOf = cache(toUser); // so that each render computes the user only once

export type LoggedIn = { readonly user: User; readonly session: Session };
/** For pages: requires a user. Redirects to the login if a login can help; if not, shows `app/forbidden.tsx` (403). */
export async function requireUser(returnTo: string, requirement: Requirement = {}): Promise<LoggedIn> {
  const found = await requireUserInAction(returnTo, requirement);
  return "error" in found ? forbidden() : found;
}

/** {@link requireUser} for server actions. A form can show `error`; `returnTo` can have the form's input in its query. */
export async function requireUserInAction(
  returnTo: string,
  requirement: Requirement = {},
): Promise<LoggedIn | { readonly error: string }> {
  const session = await getSession();
  const refusal = session && refusalOf(session, requirement);
  if (session && !refusal) return { user: userOf(session), session };
  if (refusal?.login === null) return { error: refusal.message };
  const { pathname, search } = new URL(returnTo, "https://app.invalid");
  redirect(loginPath(pathname, search || ((await headers()).get(SEARCH_HEADER) ?? ""), refusal?.login));
}

type Handler<Context> = (request: Request, found: LoggedIn, context: Context) => Response | Promise<Response>;
/** Wraps a route handler for users. Others get 401 or 403 as JSON, with a `login` URL if a user must log in again. */
export function requireUserInRoute<Context>(requirement: Requirement, handle: Handler<Context>) {
  return async (request: Request, context: Context): Promise<Response> => {
    const session = await getSession();
    if (!session) return json({ error: "Authentication required" }, 401);
    if (!mayUseSession(request)) return json({ error: "Only pages of this app may send this request." }, 403);
    const { message: error, login } = refusalOf(session, requirement) ?? {};
    if (!error) return handle(request, { user: toUser(session), session }, context);
    return login ? json({ error, login: loginPath("", "", login) }, 401) : json({ error }, 403);
  };
}

/** Whether a request may use the session. To prevent CSRF, it must be GET or HEAD, or come from a page of this app. */
export function mayUseSession({ method, headers }: Request): boolean {
  const site = headers.get("sec-fetch-site");
  if (/^(GET|HEAD)$/.test(method) || site === "same-origin") return true;
  return site === null && headers.get("origin") === getSettings().appBaseUrl;
}

const MAX_REQUESTS = 200; // limits the kept sessions, because only a page or route takes its session out
/** Holds sessions by request id. The id is not secret, so only a request with the same cookies gets the session. */
type Kept = BoundedMap<string, { readonly session: Session | null; readonly cookies: string | null }>;
const kept = () => sharedState("sessions by request", (): Kept => new BoundedMap(MAX_REQUESTS));

/** Keeps the middleware's session for the page render. @param headers the request headers that the page will see */
export function rememberSession(requestId: string, headers: Headers, session: Session | null): void {
  kept().set(requestId, { session, cookies: headers.get("cookie") });
}

/** Removes and returns the kept session. Null if the visitor has no session, undefined if nothing was kept. */
export function takeSession(headers: Headers): Session | null | undefined {
  const requestId = requestIdOf({ headers });
  const entry = kept().get(requestId);
  if (!entry || entry.cookies !== headers.get("cookie")) return undefined;
  kept().delete(requestId);
  return entry.session;
}
