import { cookies } from "next/headers";
import { endSessions } from "@/lib/auth/end-sessions";
import { jarOf } from "@/lib/auth/session";

export async function POST(request: Request): Promise<Response> {
  return endSessions(request, jarOf(await cookies()));
}
