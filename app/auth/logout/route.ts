import { sessionRoute } from "@/lib/auth/guard";
import { logOut } from "@/lib/auth/logout";

export const GET = sessionRoute(logOut);
export const POST = sessionRoute(logOut);
