/** Set by the middleware on every request it lets through, in place of whatever the visitor sent under that name. */
export const REQUEST_ID_HEADER = "x-request-id";
export const PATHNAME_HEADER = "x-pathname";
export const SEARCH_HEADER = "x-search";
export const ANSWER_STATUS_HEADER = "x-answer-status";

/** The id under which the log tells of this request. */
export function requestIdOf({ headers }: { readonly headers: Headers }): string {
  return headers.get(REQUEST_ID_HEADER) ?? "unknown";
}

/** Headers by which browsers mark a prefetch: Fetch Metadata's own, and those of older Safari and Firefox. */
const PURPOSE_HEADERS = ["sec-purpose", "purpose", "x-moz"];

/** Whether a browser or Next's router fetches this ahead of a visit that may never come. */
export function isPrefetch(headers: Headers): boolean {
  const purpose = PURPOSE_HEADERS.map((name) => headers.get(name) ?? "").join(" ");
  return /prefetch|prerender/i.test(purpose) || headers.has("next-router-prefetch");
}

/**
 * Whether a script asks, not a person who navigates: an answer that leads to another origin is of no use there. Only
 * Next's router and browsers that say so count; a program that sends neither header is treated as a person.
 */
export function isScriptRequest(headers: Headers): boolean {
  const destination = headers.get("sec-fetch-dest");
  return headers.has("rsc") || (destination !== null && !/^(document|iframe|frame)$/.test(destination));
}

/** Answers that depend on who asks are kept by nobody. */
export const NO_STORE = { "cache-control": "private, no-store" } as const;

/** An answer in JSON that is not cached. */
export function json(body: object, status: number): Response {
  return Response.json(body, { status, headers: NO_STORE });
}

/** A redirect within the app, or to a URL that the app itself put together. */
export function redirectTo(location: string | URL, status: 302 | 303 | 307): Response {
  return new Response(null, { status, headers: { ...NO_STORE, location: String(location) } });
}

/**
 * The body of a form post; nothing of one that is longer than `maxLength` characters. That is read to its end all the
 * same, or the connection would be of no more use, and forgotten as it comes.
 */
export async function readForm(request: Request, maxLength: number): Promise<string> {
  const decoder = new TextDecoder();
  let form = "";
  for await (const chunk of request.body ?? []) {
    if (form.length <= maxLength) form += decoder.decode(chunk, { stream: true });
  }
  return form.length <= maxLength ? form : "";
}
