import { sessionRoute } from "@/lib/auth/guard";
import { beginLogin, redirectFormPost } from "@/lib/auth/login";

export const GET = sessionRoute(beginLogin("login"));
export const POST = sessionRoute(redirectFormPost);
