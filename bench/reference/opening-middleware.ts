import { getIronSession, nextProxyCookies } from "iron-session";
import { type NextRequest, NextResponse } from "next/server";
import type { SessionData } from "@/lib/auth/session";
import { ironOptions } from "./iron-options";

/** Guards the page as most tutorials do: the middleware opens the session, and the page opens it again. */
export async function middleware(request: NextRequest): Promise<NextResponse> {
  const response = NextResponse.next();
  const session = await getIronSession<SessionData>(nextProxyCookies(request, response), ironOptions);
  return session.id ? response : NextResponse.redirect(new URL("/auth/login", request.url));
}

export const config = {
  runtime: "nodejs",
  matcher: ["/((?!_next/static/|icon\\.svg$).*)"],
};
