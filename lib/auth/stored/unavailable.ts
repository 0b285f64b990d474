import { log } from "../../log.ts";
import { isScriptRequest, json, NO_STORE } from "../http.ts";
import { routeOf } from "../routes.ts";

/** Thrown if the session store is unavailable. The message is for the log, and contains no credentials. */
export class SessionsUnavailableError extends Error {
  override readonly name = "SessionsUnavailableError";
}

/** Whether an error is a `SessionsUnavailableError`. Checks the name, because each Next.js bundle has its own class. */
export function isSessionsUnavailable(error: unknown): error is SessionsUnavailableError {
  return error instanceof Error && error.name === "SessionsUnavailableError";
}

/** Headers of a 503 response. `retry-after` is in seconds (RFC 9110, 10.2.3). */
export const RETRY_LATER = { ...NO_STORE, "retry-after": "5" } as const;

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sessions unavailable</title>
<main>
<h1>Your session cannot be read right now</h1>
<p>The session store is unavailable. Try again in a few seconds.</p>
<p><a href="">Try again</a></p>
</main>
</html>
`;

type Asked = { readonly pathname: string; readonly headers: Headers; readonly requestId: string };

/** Answers a `SessionsUnavailableError` with 503, and throws other errors. @returns null if the caller shows a page */
export function answerUnavailable(error: unknown, { pathname, headers, requestId }: Asked): Response | null {
  if (!isSessionsUnavailable(error)) throw error;
  log.error({ requestId, step: "session", reason: error.message }, "the session store is unavailable");
  if (routeOf(pathname)?.json) return json({ error: "Sessions are unavailable" }, 503, RETRY_LATER);
  return isScriptRequest(headers) ? new Response(null, { status: 503, headers: RETRY_LATER }) : null;
}

/** Like {@link answerUnavailable}, for a route: responds with a plain HTML page where that function returns null. */
export function routeUnavailable(error: unknown, { url, headers }: Request, requestId: string): Response {
  const { pathname } = new URL(url);
  const page = { ...RETRY_LATER, "content-type": "text/html; charset=utf-8" };
  return (
    answerUnavailable(error, { pathname, headers, requestId }) ??
    new Response(PAGE, { status: 503, headers: page })
  );
}
