import { cookies } from "next/headers";
import { logOut } from "@/lib/auth/logout";
import { jarOf } from "@/lib/auth/session";

export async function POST(request: Request): Promise<Response> {
  return logOut(request, jarOf(await cookies()));
}

export const GET = POST;
