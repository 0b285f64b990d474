import type { Session } from "@/lib/auth/session.ts";
import type { CookieJar } from "@/lib/auth/session-cookie.ts";
import { FakeCookieJar } from "./cookie-jar.ts";

/** The session storage of the process that `freshProcess` began. */
async function storage() {
  return (await import("@/lib/auth/session-storage.ts")).sessions();
}

export async function openSession(
  jar: CookieJar,
  onUnreadable?: (reason: string) => void,
): Promise<Session | null> {
  return (await storage()).open(jar, onUnreadable);
}

/** Starts a session, as a login does. */
export async function startSession(jar: CookieJar, session: Session): Promise<void> {
  await (await storage()).start(jar, session, { replaced: null, userAgent: null, begunAt: Date.now() });
}

/** Ends a session, as a logout does. */
export async function endSession(jar: CookieJar, session: Session | null): Promise<void> {
  await (await storage()).end(jar, session);
}

/** Ends a session by a request of another jar. */
export async function endElsewhere(session: Session): Promise<void> {
  await endSession(new FakeCookieJar(), session);
}
