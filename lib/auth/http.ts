/** Request headers that only the middleware may set. It replaces or removes a visitor's own. */
export const REQUEST_ID_HEADER = "x-request-id";
export const PATHNAME_HEADER = "x-pathname";
export const SEARCH_HEADER = "x-search";
export const ANSWER_STATUS_HEADER = "x-answer-status";

export function requestIdOf({ headers }: { readonly headers: Headers }): string {
  return headers.get(REQUEST_ID_HEADER) ?? "unknown";
}

/** Whether a browser or Next.js's router prefetches a page that may never be opened. */
export function isPrefetch(headers: Headers): boolean {
  const purposes = ["sec-purpose", "purpose", "x-moz"].map((name) => headers.get(name) ?? "");
  return /prefetch|prerender/i.test(purposes.join(" ")) || headers.has("next-router-prefetch");
}

/** Whether Next.js's router or a script sent this request. Neither can follow a redirect to another origin. */
export function isScriptRequest(headers: Headers): boolean {
  const destination = headers.get("sec-fetch-dest") ?? "document";
  return headers.has("rsc") || !/^(document|iframe|frame)$/.test(destination);
}

/** For responses that depend on the session. No cache may store them. */
export const NO_STORE = { "cache-control": "private, no-store" } as const;

export function json(body: object, status: number, headers: Record<string, string> = NO_STORE): Response {
  return Response.json(body, { status, headers });
}

export function redirectTo(location: string | URL, status: 302 | 303 | 307): Response {
  return new Response(null, { status, headers: { ...NO_STORE, location: String(location) } });
}

/** Reads a form post. Treats a body over `maxLength` characters as empty, but reads it, to keep the connection open. */
export async function readForm(request: Request, maxLength: number): Promise<URLSearchParams> {
  const decoder = new TextDecoder();
  let form = "";
  const reader = request.body?.getReader(); // not `for await`, because the types of a new Next.js app do not allow it
  for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) {
    if (form.length <= maxLength) form += decoder.decode(chunk.value, { stream: true });
  }
  return new URLSearchParams(form.length <= maxLength ? form : "");
}

// part: whole-app
const MAX_FORM = 1_048_576; // bytes; the default of `serverActions.bodySizeLimit` in next.config.ts, so raise both
/** The error status of a form post that Next.js would answer with 500. Null for other requests. */
export async function brokenFormStatus(request: Request): Promise<400 | 411 | 413 | null> {
  const { method, headers } = request;
  const isForm = /^multipart\/form-data/i.test(headers.get("content-type") ?? "");
  if (method !== "POST" || !isForm || headers.has("next-action")) return null;
  const length = headers.get("content-length");
  if (length === null) return 411;
  if (Number(length) > MAX_FORM) return 413;
  const copy = request.clone();
  const form = await copy.formData().catch(() => null);
  return form ? null : 400;
}
// end part: whole-app
