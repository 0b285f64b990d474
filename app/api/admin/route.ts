import { requireToken } from "@/lib/auth/broker";
import { json } from "@/lib/auth/http";

/** Behind a role: what a person may do. */
export const GET = requireToken({ roles: ["read:admin-messages"] }, (_request, { sub, roles }) =>
  json({ sub, roles }, 200),
);
