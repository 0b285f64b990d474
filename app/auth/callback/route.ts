import { finishLogin } from "@/lib/auth/callback";
import { sessionRoute } from "@/lib/auth/guard";
import { redirectFormPost } from "@/lib/auth/login";

export const GET = sessionRoute(finishLogin);
export const POST = sessionRoute(redirectFormPost);
