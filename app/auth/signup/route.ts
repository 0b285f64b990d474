import { beginLogin } from "@/lib/auth/login";
import { loginRoute } from "@/lib/auth/login-route";

export const GET = loginRoute(beginLogin("signup"));
