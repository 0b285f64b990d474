import { requireToken } from "@/lib/auth/broker";
import { json } from "@/lib/auth/http";

export const GET = requireToken({}, (_request, { sub }) => json({ sub }, 200));
