import { requireUserInRoute } from "@/lib/auth/current-user";
import { json } from "@/lib/auth/http";

export const GET = requireUserInRoute({ roles: ["admin"] }, (_request, { user }) =>
  json({ of: user.name }, 200),
);

export const POST = requireUserInRoute({ maxAge: 300 }, (_request, { user }) => json({ by: user.name }, 200));
