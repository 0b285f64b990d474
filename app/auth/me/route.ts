import { getSession, toUser } from "@/lib/auth/current-user";
import { json } from "@/lib/auth/http";
import { sessionEnd } from "@/lib/auth/session";

/** Answers with the user and the end of the session (Unix seconds). `?renew=0` prevents a renewal of the session. */
export async function GET(): Promise<Response> {
  const session = await getSession();
  if (!session) return json({ error: "Not authenticated" }, 401);
  return json({ user: toUser(session), session: sessionEnd(session) }, 200);
}
