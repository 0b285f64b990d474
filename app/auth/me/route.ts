import { getUser } from "@/lib/auth/current-user";
import { json } from "@/lib/auth/http";

export async function GET(): Promise<Response> {
  const user = await getUser();
  return user ? json({ user }, 200) : json({ error: "Not authenticated" }, 401);
}
