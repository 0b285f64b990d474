/** The path below which the browser calls the API, without a slash at its end. */
export const PREFIX = "/api/backend";
const MAX_DECODINGS = 3; // of a path segment, because a server may decode it more often than it should

/**
 * The API's URL for a path of the app. It is always below the base URL, even for servers that decode the path once
 * more, read "\" as "/", or drop the text after a ";".
 *
 * @param requested the URL of the app's own request
 * @returns null for a path that could lead elsewhere
 */
export function targetOf(requested: string, baseUrl: string): URL | null {
  const { pathname, search } = new URL(requested);
  if (!pathname.startsWith(`${PREFIX}/`)) return null;
  const segments = pathname.slice(PREFIX.length + 1).split("/");
  if (!segments.every(isPlain)) return null;
  const base = new URL(baseUrl);
  const target = new URL(base);
  target.pathname = `${folderOf(base)}${segments.join("/")}`; // a setter cannot change the host
  target.search = search;
  return isBelow(target, base) ? target : null;
}

/** Converts a `Location` header of the API to a URL of the app; null if it leads away from the API. */
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

/** Whether a segment is a plain name, however often it is decoded: no slash, no control character, not only dots. */
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
