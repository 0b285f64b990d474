import type { IncomingMessage } from "node:http";
import { cookieName } from "../lib/auth/session-cookie.ts";

/*
 * The time that Next.js needs grows with the square of the number of cookies, of the number of parameters, and of the
 * length of the user agent: 60 KB would keep the server busy for minutes. `limitRequest` removes what exceeds a limit.
 */
const MAX_COOKIES = 50;
const MAX_OWN_COOKIES = 20;
const MAX_PARAMETERS = 1_000;
const MAX_USER_AGENT_LENGTH = 1_000;
const MAX_ROUTER_STATE_LENGTH = 8_000;
const SESSION_COOKIES = ["session", "session.0", "session.1", "session.2", "session.3"];
const COOKIES = [...SESSION_COOKIES, "error", "notice", "recent-logins", "theme"];
/** Add the names of your own cookies, so that they are never removed. */
const YOUR_COOKIES: readonly string[] = [];

/** Applies the limits to a request, before Next.js sees it. */
export function limitRequest(request: Pick<IncomingMessage, "url" | "headers">): void {
  const { url, headers } = request;
  if (url) request.url = limitQuery(url);
  if (headers.cookie) headers.cookie = limitCookies(headers.cookie);
  headers["user-agent"] &&= headers["user-agent"].slice(0, MAX_USER_AGENT_LENGTH);
  // Next.js parses this header recursively. Without it, the answer contains the whole page, not only what has changed.
  if (Number(headers["next-router-state-tree"]?.length) > MAX_ROUTER_STATE_LENGTH) {
    delete headers["next-router-state-tree"];
  }
}

/**
 * Lists the cookies to remove. If there are more than 20, keeps the cookies that are named above, then the app's newest
 * other cookies up to 20 in all, and then the newest of all other cookies up to 50 in all.
 */
export function surplusCookies(names: readonly string[], yours = YOUR_COOKIES): string[] {
  if (names.length <= MAX_OWN_COOKIES) return [];
  const prefix = cookieName("");
  const always = new Set([...COOKIES.map(cookieName), ...yours]);
  const kept = new Set(names.filter((name) => always.has(name)));
  const newestFirst = names.toReversed();
  const keep = (limit: number, wanted: (name: string) => boolean) => {
    for (const name of newestFirst) if (kept.size < limit && wanted(name)) kept.add(name);
  };
  keep(MAX_OWN_COOKIES, (name) => name.startsWith(prefix));
  keep(MAX_COOKIES, (name) => !name.startsWith(prefix));
  return names.filter((name) => !kept.has(name));
}

/**
 * Reads names exactly as Next.js does: if a name occurs twice, the last cookie is used, and names are not trimmed. Any
 * subdomain can set a cookie named no-break space + `__Host-…`. If it were trimmed, it would replace the app's cookie.
 */
function limitCookies(header: string): string {
  const pairs = header.split(/; */);
  const byName = new Map(pairs.map((pair) => [pair.split("=", 1)[0] ?? "", pair]));
  byName.delete("");
  for (const name of surplusCookies([...byName.keys()])) byName.delete(name);
  return [...byName.values()].join("; ");
}

function limitQuery(url: string): string {
  let end = url.indexOf("?");
  for (let count = 0; end !== -1 && count < MAX_PARAMETERS; count += 1) end = url.indexOf("&", end + 1);
  return end === -1 ? url : url.slice(0, end);
}
