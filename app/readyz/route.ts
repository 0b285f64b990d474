import { json } from "@/lib/auth/http";
import { findMissing } from "@/lib/readiness";

/** Answers 503 if people cannot log in at this process. A load balancer then sends no requests to this process. */
export async function GET(): Promise<Response> {
  const missing = await findMissing();
  return missing.length === 0 ? json({ status: "ok" }, 200) : json({ status: "unavailable", missing }, 503);
}
