import { beginLogin } from "@/lib/auth/login";
import { loginRoute, redirectFormPost } from "@/lib/auth/login-route";

export const GET = loginRoute(beginLogin("login"));
export const POST = loginRoute(redirectFormPost);
