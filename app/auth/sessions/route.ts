import { sessionRoute } from "@/lib/auth/guard";
import { redirectTo } from "@/lib/auth/http";
import { endSessions } from "@/lib/auth/remote-logout/end-sessions";

export const POST = sessionRoute(endSessions);

/** Reloading this address after a form post leads back to the list. */
export function GET(): Response {
  return redirectTo("/profile", 303);
}
