import { NextResponse } from "next/server";

/** Does nothing: what is left is the price of having a middleware. */
export function middleware(): NextResponse {
  return NextResponse.next();
}

export const config = {
  runtime: "nodejs",
  matcher: ["/((?!_next/static/|icon\\.svg$).*)"],
};
