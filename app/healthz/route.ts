import { json } from "@/lib/auth/http";

/** Whether the process answers. For the host's health check: a process that does not is restarted. */
export function GET(): Response {
  return json({ status: "ok" }, 200);
}
