import type { Session } from "@/lib/auth/session.ts";
import type { CookieJar } from "@/lib/auth/session-cookie.ts";
import { FakeCookieJar } from "./cookie-jar.ts";

/** Where the process that `freshProcess` has begun keeps its sessions. */
async function keeper() {
  return (await import("@/lib/auth/session-storage.ts")).sessions();
}

export async function openSession(
  jar: CookieJar,
  onUnreadable?: (reason: string) => void,
): Promise<Session | null> {
  return (await keeper()).open(jar, onUnreadable);
}

/** What a finished login does. */
export async function startSession(jar: CookieJar, session: Session): Promise<void> {
  await (await keeper()).start(jar, session, { replaced: null, userAgent: null, begunAt: Date.now() });
}

/** What a log-out does. */
export async function endSession(jar: CookieJar, session: Session | null): Promise<void> {
  await (await keeper()).end(jar, session);
}

/** A log-out of the same session by another request, whose cookies are not at hand here. */
export async function endElsewhere(session: Session): Promise<void> {
  await endSession(new FakeCookieJar(), session);
}
