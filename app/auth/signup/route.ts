import { sessionRoute } from "@/lib/auth/guard";
import { beginLogin } from "@/lib/auth/login";

export const GET = sessionRoute(beginLogin("signup"));
