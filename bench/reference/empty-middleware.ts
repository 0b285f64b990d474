import { NextResponse } from "next/server";

/** Does nothing. With it, the bench measures what any middleware costs. */
export function middleware(): NextResponse {
  return NextResponse.next();
}

export const config = {
  runtime: "nodejs",
  matcher: ["/((?!_next/static/|icon\\.svg$).*)"],
};
