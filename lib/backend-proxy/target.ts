/** The path prefix at which the browser calls the API, without a trailing slash. */
export const PREFIX = "/api/backend";
const MAX_DECODINGS = 3; // for each path segment, because some servers decode a path more than once

/**
 * Converts a URL of the app to a URL of the API. The result is always below the base URL, even if a server decodes the
 * path again, reads "\" as "/", or drops the text after a ";".
 *
 * @param requested the URL that the browser requested
 * @returns null if the path is not below {@link PREFIX}, or could lead to a URL outside the base URL
 */
export function targetOf(requested: string, baseUrl: string): URL | null {
  const { pathname, search } = new URL(requested);
  if (!pathname.startsWith(`${PREFIX}/`)) return null;
  const segments = pathname.slice(PREFIX.length + 1).split("/");
  if (!segments.every(isPlain)) return null;
  const base = new URL(baseUrl);
  const target = new URL(base);
  target.pathname = `${folderOf(base)}${segments.join("/")}`; // setting `pathname` cannot change the host
  target.search = search;
  return isBelow(target, base) ? target : null;
}

/** Converts a `Location` header of the API to a path of the app. @returns null if it leads outside the base URL */
export function locationFor(location: string, target: URL, baseUrl: string): string | null {
  const url = URL.parse(location, target);
  const base = new URL(baseUrl);
  if (!url || url.username || url.password || !isBelow(url, base)) return null;
  return `${PREFIX}/${url.pathname.slice(folderOf(base).length)}${url.search}${url.hash}`;
}

function isBelow(url: URL, base: URL): boolean {
  return url.origin === base.origin && url.pathname.startsWith(folderOf(base));
}

function folderOf({ pathname }: URL): string {
  return pathname.endsWith("/") ? pathname : `${pathname}/`;
}

/**
 * False if a segment contains a slash, a backslash or a control character, or if its name (the text before a ";") is
 * empty or consists of dots and white space. Repeated decoding must not lead to such a segment either.
 */
function isPlain(segment: string): boolean {
  if (!isWellFormed(segment)) return false;
  let text = segment;
  for (let step = 0; step <= MAX_DECODINGS; step += 1) {
    const [name = ""] = text.split(";", 1);
    if (/^[.\s]*$/.test(name) || /[/\\\p{Cc}]/u.test(text)) return false;
    const decoded = text.replace(/%([0-7][\da-f])/gi, (_, code) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
    if (decoded === text) return true;
    text = decoded;
  }
  return false;
}

/** Whether a segment's encoding is valid UTF-8. Some servers read the invalid `%C0%AE` as a dot. */
function isWellFormed(segment: string): boolean {
  try {
    decodeURIComponent(segment);
    return true;
  } catch {
    return false;
  }
}
