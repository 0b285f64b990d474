import { cookies } from "next/headers";
import { beginLogin } from "@/lib/auth/login";
import { jarOf } from "@/lib/auth/session";

export async function GET(request: Request): Promise<Response> {
  return beginLogin(request, jarOf(await cookies()), "signup");
}
