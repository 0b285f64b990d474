import { cookies } from "next/headers";
import { redirectTo } from "@/lib/auth/http";
import { endSessions } from "@/lib/auth/remote-logout/end-sessions";
import { jarOf } from "@/lib/auth/session-cookie";
import { withStore } from "@/lib/auth/store-unavailable";

export async function POST(request: Request): Promise<Response> {
  return withStore(request, async () => endSessions(request, jarOf(await cookies())));
}

/** A reload after a post arrives here. It goes to the list. */
export function GET(): Response {
  return redirectTo("/profile", 303);
}
