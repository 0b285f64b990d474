import { requireToken } from "@/lib/auth/broker";
import { json } from "@/lib/auth/http";

/** Requires a role. A role says what the person may do. A scope says what the program may do. */
export const GET = requireToken({ roles: ["read:admin-messages"] }, (_request, { sub, roles }) =>
  json({ sub, roles }, 200),
);
