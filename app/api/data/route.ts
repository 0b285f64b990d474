import { requireUserInRoute } from "@/lib/auth/current-user";
import { json } from "@/lib/auth/http";

export const GET = requireUserInRoute({}, (_request, { user }) =>
  json({ message: "This is protected data", user }, 200),
);
