import type { ReactNode } from "react";
import { SessionInBrowser } from "@/components/session/use-user";
import { getSession, toUser } from "@/lib/auth/current-user";
import { sessionEnd } from "@/lib/auth/session";
import { nowInSeconds } from "@/lib/clock";
import { getSettings } from "@/lib/settings";

const WARNING = 180; // `SessionEnd` warns at most this many seconds before the session ends

/** `useUser` and `SessionEnd` work only inside this provider. Only pages with this provider load their scripts. */
export async function SessionProvider({ children }: { children: ReactNode }) {
  const session = await getSession();
  const { sessionIdleTimeout, sessionMaxAge } = getSettings();
  const warning = Math.min(WARNING, Math.ceil(Math.min(sessionIdleTimeout, sessionMaxAge) / 4));
  const user = session && toUser(session);
  const end = session ? sessionEnd(session) : { expiresAt: 0, idleExpiresAt: 0 };
  return (
    <SessionInBrowser initial={{ user, ...end, askedAt: nowInSeconds() }} warning={warning}>
      {children}
    </SessionInBrowser>
  );
}
