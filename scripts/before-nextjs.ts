import { type IncomingMessage, Server, type ServerResponse } from "node:http";
import { format, stripVTControlCharacters } from "node:util";
import { refuseAnonymous, withoutPage } from "../lib/auth/access/anonymous-visits.ts";
import { routeOf } from "../lib/auth/routes.ts";
import { cookieName } from "../lib/auth/session-cookie.ts";
import { log, quote, withoutTokens } from "../lib/log.ts";
import { sharedState } from "../lib/shared-state.ts";
import { limitRequest } from "./request-limits.ts";

/** Prepares this process's HTTP server, before Next.js handles its first request. */
export function start(): void {
  const isProduction = process.env.NODE_ENV === "production";
  if (isProduction) logConsole();
  // In development, only the middleware redirects visitors. When a source file changes, Next.js reloads the middleware,
  // but not this file.
  runBeforeNext((request, response) => {
    return isProduction && (refuseMalformed(request, response) || redirectAnonymous(request, response));
  });
}

/** Redirects the errors and warnings that Next.js writes to `console` into the log. */
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
 * Intercepts every request to this process's HTTP servers before Next.js receives it, including WebSocket upgrades.
 * @param answer called for requests, not for upgrades; if it returns true, Next.js does not receive the request
 */
export function runBeforeNext(answer: Answer): void {
  sharedState("limited server", () => {
    const emit = Server.prototype.emit as (name: string | symbol, ...values: unknown[]) => boolean;
    Server.prototype.emit = function (name: string | symbol, ...values: unknown[]): boolean {
      const [request, response] = values as [IncomingMessage, ServerResponse];
      if (name === "request" || name === "upgrade") limitRequest(request);
      if (name === "request" && answer(request, response)) return true;
      return emit.call(this, name, ...values);
    };
    return true;
  });
}

/**
 * Refuses TRACE, and a path with an invalid percent-encoding. Next.js would respond with 500, without security headers.
 * @returns whether this function has answered the request
 */
function refuseMalformed({ method, url = "" }: IncomingMessage, response: ServerResponse): boolean {
  const isTrace = method === "TRACE";
  if (!isTrace && isDecodable(url)) return false;
  const { headers } = withoutPage(new Response());
  response.writeHead(isTrace ? 405 : 400, Object.fromEntries(headers)).end("The request is not valid.\n");
  return true;
}

function isDecodable(url: string): boolean {
  const [pathname = ""] = url.split("?");
  try {
    return decodeURIComponent(pathname) !== "";
  } catch {
    return false;
  }
}

/** Matches a path that needs no normalization. A query may follow, in the characters that RFC 3986, 3.4 allows. */
const PLAIN = /^([\w/-]+)(\?[\w.~!$&()*+,;=:@%/?-]*)?$/;

/**
 * Redirects a browser without a session cookie from a guarded page to the login, if the request has a common form. The
 * middleware would respond in the same way, but with eight times the CPU time, because Next.js runs first.
 * @returns whether this function has answered the request
 */
export function redirectAnonymous(
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
): boolean {
  const [, pathname = "", search = ""] = PLAIN.exec(url ?? "") ?? [];
  const route = routeOf(pathname);
  if (method !== "GET" || route?.path !== pathname || route.access !== "user" || "rsc" in headers)
    return false;
  if ((headers["sec-fetch-dest"] ?? "document") !== "document") return false;
  if (headers.cookie?.includes(cookieName("session"))) return false;
  const refusal = refuseAnonymous({ method, pathname, search, headers: new Headers(), requestId: "" });
  if (refusal?.status !== 307) return false;
  response.writeHead(307, Object.fromEntries(withoutPage(refusal).headers)).end();
  return true;
}
