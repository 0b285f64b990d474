import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import { cache } from "react";
import { isRefused } from "./refresh.ts";
import { SEARCH_HEADER } from "./request.ts";
import { loginPath } from "./return-to.ts";
import { jarOf } from "./session.ts";
import { hasExpiredAccessToken, type Session } from "./session-data.ts";
import { sessions } from "./sessions.ts";
import { toUser, type User } from "./user.ts";
import { visitorOf } from "./visitor.ts";

/**
 * The session of the visitor who asks, for server components and route handlers: who, and the access, ID and refresh
 * token. The middleware has refreshed it already where that was needed.
 *
 * @returns null for a visitor who is not logged in. An expired access token without a way to renew it counts as that;
 *   while the provider cannot be reached the session stays, with its expired access token
 */
export const getSession = cache(async (): Promise<Session | null> => {
  const known = visitorOf(await headers());
  const session = known === undefined ? await sessions().open(jarOf(await cookies())) : known;
  if (!session || !hasExpiredAccessToken(session)) return session;
  const renewable = session.refreshToken !== null && !(await isRefused(session));
  return renewable ? session : null;
});

/** The person who asks, or null for a visitor who is not logged in. */
export const getUser = cache(async (): Promise<User | null> => {
  const session = await getSession();
  return session && toUser(session);
});

/**
 * For pages that want a login: the person and the session. A visitor without one is sent to log in and comes back.
 * Every guarded page calls this, so that a request which gets round the middleware shows nothing.
 *
 * @param returnTo path of the page that asks
 */
export async function requireUser(returnTo: string): Promise<{ user: User; session: Session }> {
  const [session, user] = [await getSession(), await getUser()];
  if (!session || !user) redirect(loginPath(returnTo, (await headers()).get(SEARCH_HEADER) ?? ""));
  return { user, session };
}
