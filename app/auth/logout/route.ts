import { cookies } from "next/headers";
import { logOut } from "@/lib/auth/logout";
import { jarOf } from "@/lib/auth/session-cookie";
import { withStore } from "@/lib/auth/store-unavailable";

export async function POST(request: Request): Promise<Response> {
  return withStore(request, async () => logOut(request, jarOf(await cookies())));
}

export const GET = POST;
