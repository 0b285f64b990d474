import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import { cache } from "react";
import { SEARCH_HEADER } from "./http.ts";
import { isUsable } from "./refresh.ts";
import { loginPath } from "./return-to.ts";
import type { Session } from "./session.ts";
import { jarOf } from "./session-cookie.ts";
import { sessions } from "./sessions.ts";
import { toUser, type User } from "./user.ts";
import { visitorOf } from "./visitor.ts";

/** A person who is logged in, and the session. */
interface Visitor {
  readonly user: User;
  readonly session: Session;
}

/** Who asks, found out once for each render. The middleware has refreshed the session already where that was needed. */
const getVisitor = cache(async (): Promise<Visitor | null> => {
  const known = visitorOf(await headers());
  const session = known === undefined ? await sessions().open(jarOf(await cookies())) : known;
  return session && (await isUsable(session)) ? { user: toUser(session), session } : null;
});

/**
 * The session of the visitor who asks, for server components and route handlers: who, and the access, ID and refresh
 * token.
 *
 * @returns null for a visitor who is not logged in. An expired access token without a way to renew it counts as that;
 *   while the provider cannot be reached the session stays, with its expired access token
 */
export async function getSession(): Promise<Session | null> {
  return (await getVisitor())?.session ?? null;
}

/** The person who asks, or null for a visitor who is not logged in. */
export async function getUser(): Promise<User | null> {
  return (await getVisitor())?.user ?? null;
}

/**
 * For pages and server actions that need a login: the person and the session. A visitor without one is sent to log in
 * and comes back. Every guarded page and every server action calls this, so that a request which gets round the
 * middleware shows and changes nothing.
 *
 * @param returnTo path of the page to come back to. Its query is that of the request, unless the path has its own
 */
export async function requireUser(returnTo: string): Promise<Visitor> {
  const visitor = await getVisitor();
  if (visitor) return visitor;
  const { pathname, search } = new URL(returnTo, "https://app.invalid");
  redirect(loginPath(pathname, search || ((await headers()).get(SEARCH_HEADER) ?? "")));
}
