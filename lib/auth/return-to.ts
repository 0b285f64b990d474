import { getSettings } from "../settings.ts";
import { isLoginPath } from "./routes.ts";

/** Longer paths would not fit into the login cookie. */
const MAX_LENGTH = 2_000;
/** A placeholder for the app's origin while a path is parsed. Nobody can register a `.invalid` name (RFC 6761). */
const BASE = "https://app.invalid";
/** Matches characters that browsers remove, or read as a slash. */
const UNSAFE = /[\p{Cc}\\]/u;
const DOT_SEGMENT = /\/\.{1,2}(\/|$)/; // matches `/.` and `/..` in a decoded path; some servers resolve them

/** Validates a path of this app. @returns null if it could lead the browser to another origin or to a login route */
export function parseReturnTo(value: string | null | undefined): string | null {
  if (!value || value.length > MAX_LENGTH || !/^\/(?![/\\])/.test(value) || UNSAFE.test(value)) return null;
  const url = URL.parse(value, BASE);
  const path = url && decodedPath(url.pathname);
  if (url?.origin !== BASE || path === null || isLoginPath(path)) return null;
  const returnTo = url.pathname + url.search + url.hash;
  return returnTo.length <= MAX_LENGTH ? returnTo : null;
}

/** Like {@link parseReturnTo}, for the absolute URL from a provider that starts a login (OpenID Connect Core 4). */
export function parseTargetLink(targetLinkUri: string | null): string | null {
  const url = URL.parse(targetLinkUri ?? "");
  if (url?.origin !== getSettings().appBaseUrl) return null;
  return parseReturnTo(url.pathname + url.search + url.hash);
}

/** Returns the URL of a login that leads back to a page. Omits the page's query if the query is too long. */
export function loginPath(pathname: string, search: string, more: Record<string, string> = {}): string {
  const returnedQuery = search.replaceAll("\\", "%5C"); // parseReturnTo rejects backslashes, but a query may have them
  const returnTo = parseReturnTo(pathname + returnedQuery) ?? parseReturnTo(pathname);
  const query = new URLSearchParams({ ...(returnTo && { returnTo }), ...more });
  return query.size > 0 ? `/auth/login?${query}` : "/auth/login";
}

/** Decodes a path like a lenient server, and lowercases it. @returns null if servers could interpret it differently */
function decodedPath(pathname: string): string | null {
  const path = unescaped(pathname).toLowerCase();
  if (UNSAFE.test(path) || path.startsWith("//") || DOT_SEGMENT.test(path)) return null;
  return path.replace(/\/{2,}/g, "/");
}

function unescaped(path: string): string {
  const decoded = path.replace(/%[0-7][0-9a-f]/gi, decodeURIComponent); // only ASCII characters can change where a URL leads
  return decoded === path ? path : unescaped(decoded);
}
