import { getUser } from "@/lib/auth/current-user";
import { json } from "@/lib/auth/http";

export async function GET(): Promise<Response> {
  const user = await getUser();
  if (!user) return json({ error: "Authentication required" }, 401);
  return json({ message: "This is protected data", user }, 200);
}
