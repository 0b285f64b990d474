import { NextResponse } from "next/server";

/** Does nothing, to measure what a middleware costs in itself. */
export function middleware(): NextResponse {
  return NextResponse.next();
}

export const config = {
  runtime: "nodejs",
  matcher: ["/((?!_next/static/|icon\\.svg$).*)"],
};
