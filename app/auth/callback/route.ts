import { finishLogin } from "@/lib/auth/callback";
import { loginRoute, redirectFormPost } from "@/lib/auth/login-route";

export const GET = loginRoute(finishLogin);
export const POST = loginRoute(redirectFormPost);
