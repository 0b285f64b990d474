import { finishLogin, redirectFormPost } from "@/lib/auth/callback";
import { loginRoute } from "@/lib/auth/login-route";

export const GET = loginRoute(finishLogin);
export const POST = loginRoute(redirectFormPost);
