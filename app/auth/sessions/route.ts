import { sessionRoute } from "@/lib/auth/guard";
import { redirectTo } from "@/lib/auth/http";
import { endSessions } from "@/lib/auth/remote-logout/end-sessions";

export const POST = sessionRoute(endSessions);

/** Redirects to the list. A visitor gets here by opening the address of the form's `POST` again. */
export function GET(): Response {
  return redirectTo("/profile", 303);
}
