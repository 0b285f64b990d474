import { cookies } from "next/headers";
import { redirectTo } from "@/lib/auth/http";
import { cookieName, cookieOptions } from "@/lib/auth/session-cookie";
import { getSettings } from "@/lib/settings";

const YEAR = 365 * 86_400; // seconds

/** Keeps the visitor's theme in a cookie, so that the server draws every page in its colours, and goes back to the page. */
export async function POST(request: Request): Promise<Response> {
  const theme = (await request.formData().catch(() => null))?.get("theme");
  const chosen = theme === "light" || theme === "dark" ? theme : "";
  (await cookies()).set(cookieName("theme"), chosen, cookieOptions(chosen ? YEAR : 0));
  const { origin } = new URL(getSettings().appBaseUrl);
  const page = URL.parse(request.headers.get("referer") ?? "");
  return redirectTo(page?.origin === origin ? page.pathname + page.search : "/", 303);
}
