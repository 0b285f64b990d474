import { getSettings } from "../settings.ts";
import { cookieSessions } from "./cookie-sessions.ts";
import type { SessionKeeper } from "./session-storage.ts";
import { storedSessions } from "./stored/stored-sessions.ts";

/** Where this deployment keeps its sessions: `SESSION_STORE_URL` alone decides. */
export function sessions(): SessionKeeper {
  return getSettings().sessionStoreUrl === null ? cookieSessions : storedSessions;
}
