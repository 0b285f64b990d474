import { getIronSession } from "iron-session";
import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import { cache } from "react";
import { type SessionData, withClaims } from "@/lib/auth/session";
import { toUser, type User } from "../../lib/auth/current-user";
import { ironOptions } from "./iron-options";

export { toUser };

/** Replaces `lib/auth/current-user.ts`: opens the session with iron-session, once for each render. */
export const getSession = cache(async () => {
  const session = await getIronSession<SessionData>(await cookies(), ironOptions);
  return session.id ? withClaims({ ...(session as SessionData) }) : null;
});

export async function getUser(): Promise<User | null> {
  const session = await getSession();
  return session && toUser(session);
}

export async function requireUser(returnTo: string) {
  const session = await getSession();
  if (!session) redirect(`/auth/login?returnTo=${returnTo}`);
  return { user: toUser(session), session };
}
