import { getSession, toUser } from "@/lib/auth/current-user";
import { json } from "@/lib/auth/http";
import { sessionEnd } from "@/lib/auth/session";

/** Who is logged in, and until when (Unix seconds). With `?renew=0` the request does not extend the session. */
export async function GET(): Promise<Response> {
  const session = await getSession();
  if (!session) return json({ error: "Not authenticated" }, 401);
  return json({ user: toUser(session), session: sessionEnd(session) }, 200);
}
