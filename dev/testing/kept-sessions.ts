import type { Session, SessionData } from "@/lib/auth/session.ts";
import type { CookieJar } from "@/lib/auth/session-cookie.ts";
import { FakeCookieJar } from "./cookie-jar.ts";

/** Where the process that `freshProcess` has begun keeps its sessions. */
async function keeper() {
  return (await import("@/lib/auth/sessions.ts")).sessions();
}

export async function openSession(
  jar: CookieJar,
  onUnreadable?: (reason: string) => void,
): Promise<Session | null> {
  return (await keeper()).open(jar, onUnreadable);
}

/** What a finished login does. */
export async function startSession(jar: CookieJar, data: SessionData): Promise<void> {
  await (await keeper()).start(jar, data, { replaced: null, userAgent: null });
}

/** What a log-out does. */
export async function endSession(jar: CookieJar, session: SessionData | null): Promise<void> {
  await (await keeper()).end(jar, session);
}

/** A log-out of the same session by another request, whose cookies are not at hand here. */
export async function endElsewhere(session: SessionData): Promise<void> {
  await endSession(new FakeCookieJar(), session);
}
