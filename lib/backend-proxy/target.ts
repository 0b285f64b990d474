/** Where the browser finds the API, without a slash at its end. */
export const PREFIX = "/api/backend";
const MAX_DECODINGS = 3; // of a segment; a server behind the API may decode once more than it should

/**
 * The API's URL for a path of the app. The path only ever leads to what is below the base URL, also for servers that decode
 * it once more, that read "\" as "/", or that drop what follows a ";".
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

/** A `Location` of the API as an address of the app; null where it leads to something else than the API. */
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

/** Whether a segment is a name in every reading: no slash, no dots only, no control character. */
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

/** Whether its encoding is valid UTF-8: some servers read `%C0%AE` as a dot. */
function isWellFormed(segment: string): boolean {
  try {
    decodeURIComponent(segment);
    return true;
  } catch {
    return false;
  }
}
