import { log } from "../../log.ts";
import { SITE } from "../../site.ts";
import { json, NO_STORE } from "../http.ts";
import { type LoginError, toLoginError } from "../provider/index.ts";
import { isSessionsUnavailable } from "../stored/unavailable.ts";

/** Error codes of RFC 6749 (4.1.2.1, 5.2), RFC 6750 (3.1), RFC 8628 (3.5) and RFC 8693 (2.2.2), and `not_found`. */
type ErrorCode =
  | "invalid_request"
  | "invalid_grant"
  | "invalid_scope"
  | "invalid_target"
  | "unsupported_grant_type"
  | "server_error"
  | "temporarily_unavailable"
  | "authorization_pending"
  | "slow_down"
  | "access_denied"
  | "expired_token"
  | "invalid_token"
  | "insufficient_scope"
  | "not_found";

/** An error response. Its description is meant for a program and its user, and contains no secret. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly code: ErrorCode;

  constructor(status: number, code: ErrorCode, description: string) {
    super(description);
    this.status = status;
    this.code = code;
  }
}

/** An error as JSON. `detail` repeats the description, because one client library reads only `detail`. */
export function errorAnswer(
  { status, code, message }: Refusal,
  headers: Record<string, string> = {},
  more: object = {},
): Response {
  const body = { error: code, error_description: message, detail: message, ...more };
  return json(body, status, { ...NO_STORE, ...headers });
}

/**
 * Converts an error to a refusal. If the store or the provider is unavailable, the status is 502, because programs
 * interpret 503 as “there is no device flow”.
 */
export function toRefusal(error: unknown, doing: string, requestId: string): Refusal {
  if (error instanceof Refusal) return error;
  if (isSessionsUnavailable(error)) {
    log.error({ requestId, step: "broker", reason: error.message }, "the session store is unavailable");
    return new Refusal(502, "temporarily_unavailable", "The session store is unavailable. Try again later.");
  }
  return refusalOfProvider(toLoginError(error, doing), requestId);
}

function refusalOfProvider({ reason, message, detail }: LoginError, requestId: string): Refusal {
  const { providerError } = detail;
  switch (providerError) {
    case "authorization_pending":
    case "slow_down":
    case "expired_token":
    case "access_denied":
      return pollRefusal(providerError);
  }
  log.warn({ requestId, reason, ...detail }, message);
  if (reason === "access_denied")
    // `onLogin` refused the login; if the provider denied access, the `switch` has already returned
    return new Refusal(400, "access_denied", "This app refused the login.");
  if (reason === "provider_unavailable")
    return new Refusal(502, "temporarily_unavailable", "The identity provider cannot be reached now.");
  if (providerError === "invalid_grant" || reason === "login_expired")
    return new Refusal(400, "invalid_grant", "The login has expired or was ended.");
  if (providerError === "invalid_scope")
    return new Refusal(400, "invalid_scope", "The identity provider does not grant this scope.");
  return new Refusal(
    502,
    "server_error",
    "The login at the identity provider failed. The server's log has the details.",
  );
}

/** The error response to a program that polls for the tokens of a device login (RFC 8628, 3.5). */
export function pollRefusal(code: keyof typeof POLL_DESCRIPTIONS): Refusal {
  return new Refusal(400, code, POLL_DESCRIPTIONS[code]);
}

const POLL_DESCRIPTIONS = {
  authorization_pending: "The person has not confirmed the login yet.",
  slow_down: "Poll less often: add five seconds to the interval.",
  expired_token: "The device code has expired. Start a new login.",
  access_denied: "The person or the identity provider refused the login.",
} as const;

/** The error as a page if the request accepts HTML, as a browser's does. Otherwise the error as JSON. */
export function errorForBrowser(
  refusal: Refusal,
  { headers }: Request,
  step: "login" | "logout" = "login",
): Response {
  if (!headers.get("accept")?.includes("text/html")) return errorAnswer(refusal);
  const isLogin = step === "login";
  return page(refusal.status, {
    eyebrow: isLogin ? "Login failed" : "Logout failed",
    title: isLogin ? "The program is not logged in" : "You may still be logged in",
    paragraphs: [refusal.message, `Go back to the program, and start its ${step} again.`],
    link: { href: "/", label: "Home" },
  });
}

/** The texts of a {@link page}. */
interface Page {
  readonly eyebrow: string;
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly link: { readonly href: string; readonly label: string };
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");

/** A page about a program's login, styled like the app. */
export function page(status: number, { eyebrow, title, paragraphs, link }: Page): Response {
  const text = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title} · ${SITE.name}</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/program-login.css">
<header><img src="/icon.svg" alt="" width="28" height="28"> ${SITE.name}</header>
<main>
<p class="eyebrow">${eyebrow}</p>
<h1>${title}</h1>
${paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join("\n")}
<a href="${escapeHtml(link.href)}">${link.label}</a>
</main>
</html>
`;
  return new Response(text, { status, headers: { ...NO_STORE, "content-type": "text/html; charset=utf-8" } });
}
