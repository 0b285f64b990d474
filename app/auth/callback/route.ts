import { cookies } from "next/headers";
import { finishLogin, redirectFormPost } from "@/lib/auth/callback";
import { jarOf } from "@/lib/auth/session";

export async function GET(request: Request): Promise<Response> {
  return finishLogin(request, jarOf(await cookies()));
}

export const POST = redirectFormPost;
