import { json } from "@/lib/auth/http";

/** For the host's health check: the host restarts a process that does not answer. */
export function GET(): Response {
  return json({ status: "ok" }, 200);
}
