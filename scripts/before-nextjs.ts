import { type IncomingMessage, Server, type ServerResponse } from "node:http";
import { format, stripVTControlCharacters } from "node:util";
import { refuseAnonymous, withoutPage } from "../lib/auth/access/anonymous-visits.ts";
import { routeOf } from "../lib/auth/routes.ts";
import { cookieName } from "../lib/auth/session-cookie.ts";
import { log, quote, withoutTokens } from "../lib/log.ts";
import { limitRequest } from "../lib/request-limits.ts"; // part: request-limits
import { sharedState } from "../lib/shared-state.ts";

/** Prepares the HTTP server. */
export function start(): void {
  const isProduction = process.env.NODE_ENV === "production";
  if (isProduction) logConsole();
  // In development the middleware answers alone: it is loaded again when a file changes.
  runBeforeNext(isProduction ? redirectAnonymous : () => false);
}

/** Makes what Next.js reports through `console` an entry of the log. */
export function logConsole(): void {
  for (const level of ["error", "warn"] as const) {
    console[level] = (...parts: unknown[]) => {
      const text = stripVTControlCharacters(format(...parts)).trim();
      const [line, ...trace] = text.split("\n");
      const stack = trace.length > 0 && { stack: withoutTokens(trace.join("\n")) };
      if (text) log[level]({ step: "Next.js", ...stack }, quote(line));
    };
  }
}

type Answer = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Sees every request of this process's HTTP servers, also a WebSocket's, before Next.js does.
 * @param answer returns whether it has answered a request, which Next.js then does not see
 */
export function runBeforeNext(answer: Answer): void {
  sharedState("limited server", () => {
    const emit = Server.prototype.emit as (name: string | symbol, ...values: unknown[]) => boolean;
    Server.prototype.emit = function (name: string | symbol, ...values: unknown[]): boolean {
      const [request, response] = values as [IncomingMessage, ServerResponse];
      if (name === "request" || name === "upgrade") limitRequest(request); // part: request-limits
      if (name === "request" && answer(request, response)) return true;
      return emit.call(this, name, ...values);
    };
    return true;
  });
}

/** A path, and a query of the characters that RFC 3986, 3.4, allows there, in which nothing is left to normalize. */
const PLAIN = /^([\w/-]+)(\?[\w.~!$&()*+,;=:@%/?-]*)?$/;

/**
 * Redirects a browser without a session from a guarded page to the login, before Next.js sees the request: that takes an
 * eighth of the CPU time. Whatever is unusual about a request is left to the middleware, which gives the same answer.
 * @returns whether the request was answered
 */
export function redirectAnonymous(
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
): boolean {
  const [, pathname = "", search = ""] = PLAIN.exec(url ?? "") ?? [];
  if (method !== "GET" || routeOf(pathname)?.path !== pathname || "rsc" in headers) return false;
  if ((headers["sec-fetch-dest"] ?? "document") !== "document") return false;
  if (headers.cookie?.includes(cookieName("session"))) return false;
  const refusal = refuseAnonymous({ method, pathname, search, headers: new Headers(), requestId: "" });
  if (refusal?.status !== 307) return false;
  response.writeHead(307, Object.fromEntries(withoutPage(refusal).headers)).end();
  return true;
}
