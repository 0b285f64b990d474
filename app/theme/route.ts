import { cookies } from "next/headers";
import { readForm, redirectTo } from "@/lib/auth/http";
import { cookieName, cookieOptions } from "@/lib/auth/session-cookie";
import { getSettings } from "@/lib/settings";

const YEAR = 365 * 86_400; // seconds
const MAX_FORM_LENGTH = 100; // characters

/** Stores the chosen theme in a cookie; `system` deletes the cookie. Redirects back to the page, or to the home page. */
export async function POST(request: Request): Promise<Response> {
  const theme = (await readForm(request, MAX_FORM_LENGTH)).get("theme");
  const chosen = theme === "light" || theme === "dark" ? theme : "";
  (await cookies()).set(cookieName("theme"), chosen, cookieOptions(chosen ? YEAR : 0));
  const { appBaseUrl } = getSettings();
  const page = URL.parse(request.headers.get("referer") ?? "");
  return redirectTo(page?.origin === new URL(appBaseUrl).origin ? page : new URL("/", appBaseUrl), 303);
}
