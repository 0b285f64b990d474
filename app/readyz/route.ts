import { json } from "@/lib/auth/http";
import { findMissing } from "@/lib/readiness";

/** Whether people can log in here. For a load balancer, which sends nobody to a process that is not ready. */
export async function GET(): Promise<Response> {
  const missing = await findMissing();
  return missing.length === 0 ? json({ status: "ok" }, 200) : json({ status: "unavailable", missing }, 503);
}
