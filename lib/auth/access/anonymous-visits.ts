import { httpsHeaders, ROUTE_HEADERS } from "../../security-headers.ts";
import { getSettings } from "../../settings.ts";
import type { RequestContext } from "../guard.ts";
import { isScriptRequest, json, NO_STORE, redirectTo } from "../http.ts";
import { loginPath } from "../return-to.ts";
import { routeOf } from "../routes.ts";

/** A redirect to the login, or 401 for an API and Next.js's router; null if no login is needed. */
export function refuseAnonymous({ method, pathname, search, headers }: RequestContext): Response | null {
  const route = routeOf(pathname);
  if (route?.access !== "user") return null;
  if (route.json) return json({ error: "Authentication required" }, 401);
  const isForm = headers.get("content-type")?.startsWith("multipart/form-data"); // a server action without JavaScript
  if (method === "POST" && (headers.has("next-action") || isForm)) return null; // an action requires a session itself
  if (isScriptRequest(headers)) return new Response(null, { status: 401, headers: NO_STORE });
  const login = new URL(loginPath(pathname, search), getSettings().appBaseUrl); // Next.js needs an absolute URL here
  return redirectTo(login, method === "POST" ? 303 : 307); // with 303, the browser requests the login by GET
}

/** Adds the security headers of an answer that shows no page, and so needs no nonce. */
export function withoutPage(response: Response): Response {
  const security = { ...ROUTE_HEADERS, ...httpsHeaders(getSettings().https) };
  for (const [name, value] of Object.entries(security)) response.headers.set(name, value);
  return response;
}
