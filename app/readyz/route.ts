import { json } from "@/lib/auth/http";
import { findMissing } from "@/lib/readiness";

/** Whether people can log in at this process. A load balancer sends requests only to processes that are ready. */
export async function GET(): Promise<Response> {
  const missing = await findMissing();
  return missing.length === 0 ? json({ status: "ok" }, 200) : json({ status: "unavailable", missing }, 503);
}
