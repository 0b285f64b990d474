import { httpsHeaders, ROUTE_HEADERS } from "../../security-headers.ts";
import { getSettings } from "../../settings.ts";
import type { RequestContext } from "../guard.ts";
import { isScriptRequest, json, NO_STORE, redirectTo } from "../http.ts";
import { loginPath } from "../return-to.ts";
import { routeOf } from "../routes.ts";

/** Redirects visitors without a session to the login. APIs and Next.js's router get 401. Null lets the request pass. */
export function refuseAnonymous({ method, pathname, search, headers }: RequestContext): Response | null {
  const route = routeOf(pathname);
  if (route?.access !== "user") return null;
  if (route.json) return json({ error: "Authentication required" }, 401);
  const isForm = headers.get("content-type")?.startsWith("multipart/form-data"); // a server action without JavaScript
  if (method === "POST" && (headers.has("next-action") || isForm)) return null; // the action checks the session itself
  if (isScriptRequest(headers)) return new Response(null, { status: 401, headers: NO_STORE });
  const login = new URL(loginPath(pathname, search), getSettings().appBaseUrl); // Next.js needs an absolute URL here
  return redirectTo(login, method === "POST" ? 303 : 307); // 303 makes the browser request the login by GET
}

/** Adds security headers to a response that is not a page. Its Content-Security-Policy needs no nonce. */
export function withoutPage(response: Response): Response {
  const security = { ...ROUTE_HEADERS, ...httpsHeaders(getSettings().https) };
  for (const [name, value] of Object.entries(security)) response.headers.set(name, value);
  return response;
}
