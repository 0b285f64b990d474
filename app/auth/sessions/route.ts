import { cookies } from "next/headers";
import { endSessions } from "@/lib/auth/end-sessions";
import { redirectTo } from "@/lib/auth/request";
import { jarOf } from "@/lib/auth/session";
import { withStore } from "@/lib/auth/store-away";

export async function POST(request: Request): Promise<Response> {
  return withStore(request, async () => endSessions(request, jarOf(await cookies())));
}

/** Where a reload leads that followed a post: to the list. */
export function GET(): Response {
  return redirectTo("/dashboard", 303);
}
