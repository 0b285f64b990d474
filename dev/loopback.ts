import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import { connect } from "node:net";

/** The addresses that `localhost` can resolve to. Browsers and Node's fetch try them in different orders. */
export const LOOPBACK_ADDRESSES = ["127.0.0.1", "::1"] as const;

/** Matches a `Host` header that names this machine, with or without a port (for `.localhost`, see RFC 6761, 6.3). */
const LOOPBACK_HOST = /^(([a-z0-9-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** This limit is high, because headers and URLs contain tokens, and some providers issue large tokens. */
const MAX_HEADER_SIZE = 256 * 1024; // bytes

const MAX_FORM = 10_000; // characters

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * A hook that a test installs. It gets each request before the server does, for example to answer 503 or to delay it.
 * @returns false to let the server answer; true if the hook has answered, or leaves the request unanswered on purpose
 */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

/** What {@link send} does: it sends a status, headers and a body, or causes a fault of the connection. */
export type Answer =
  | { status?: number; headers?: Record<string, string>; json?: unknown; text?: string | Uint8Array }
  | "hang" // sends nothing, and leaves the connection open
  | "reset" // closes the connection without an answer
  | "drip" // sends one byte every few milliseconds, forever
  | "flood" // sends data forever, as fast as the other side reads it
  | "stop" // sends the beginning of a JSON answer, and leaves the connection open
  | "cut"; // sends the beginning of a JSON answer, then closes the connection

/** Sends a response, or causes a fault of the connection. Replaces a response that is prepared but not sent. */
export function send(response: ServerResponse, answer: Answer): void {
  const type = { "content-type": "application/json" };
  if (answer === "hang") return;
  if (answer === "reset") return void response.destroy();
  if (answer === "drip") {
    response.writeHead(200, type);
    const drops = setInterval(() => response.write(" "), 5);
    response.on("close", () => clearInterval(drops));
  } else if (answer === "flood") {
    const chunk = " ".repeat(65_536);
    const flood = (error?: Error | null) => error || response.destroyed || response.write(chunk, flood);
    response.writeHead(200, type);
    flood();
  } else if (answer === "stop" || answer === "cut") {
    response.writeHead(200, { ...type, "content-length": "1000" }).write('{"text": "begun, but ');
    if (answer === "cut") setImmediate(() => response.destroy());
  } else {
    const { status = 200, headers = {}, json, text = "" } = answer;
    response.removeHeader("content-length");
    response.writeHead(status, {
      ...(json === undefined ? { "content-type": "text/html" } : type),
      ...headers,
    });
    // Calls the original `end`, because a test may have replaced this response's `end` with one that requires JSON.
    ServerResponse.prototype.end.call(response, json === undefined ? text : JSON.stringify(json), "utf8");
  }
}

/** Reads a form to its end, so that the connection stays usable. @returns null if the form is too long */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | null> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) if (body.length <= MAX_FORM) body += chunk;
  return body.length <= MAX_FORM ? new URLSearchParams(body) : null;
}

/**
 * Serves HTTP on a port of the {@link LOOPBACK_ADDRESSES}, and on no other address. A request whose `Host` does not
 * name this machine gets 421 (RFC 9110, 15.5.20). Otherwise a web page whose host name resolves to this machine
 * (DNS rebinding) could read the response.
 * @param handler answers a request; if it throws an error, the error is printed and the connection is closed
 * @returns `close`, which frees the port and closes every connection, even in the middle of a response
 * @throws Error with the code `EADDRINUSE` if the port is in use on one of the addresses; then no server listens
 */
export async function listenOnLoopback(port: number, handler: Handler) {
  const servers: Server[] = [];
  const answer: Handler = async (request, response) => {
    if (!LOOPBACK_HOST.test(request.headers.host ?? "")) {
      response.writeHead(421, { "Content-Type": "text/plain; charset=utf-8" });
      const text = "This server answers requests for this machine only: localhost, 127.0.0.1 or [::1].\n";
      return response.end(text);
    }
    try {
      await handler(request, response);
    } catch (error) {
      console.error(error);
      response.destroy();
    }
  };
  const close = async () => {
    for (const server of servers) server.closeAllConnections();
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  };
  for (const address of LOOPBACK_ADDRESSES) {
    const server = createServer({ maxHeaderSize: MAX_HEADER_SIZE }, answer).listen(port, address);
    try {
      await once(server, "listening");
      servers.push(server);
    } catch (error) {
      // The machine does not have this address, for example because it has no IPv6.
      if (/EADDRNOTAVAIL|EAFNOSUPPORT/.test(Object(error).code)) continue;
      await close();
      throw error;
    }
  }
  return { close };
}

/** A server on loopback addresses that tests can stop, start again and intercept. */
export abstract class LoopbackServer {
  intercept: Intercept | undefined;
  readonly #port: number;
  #listener: Awaited<ReturnType<typeof listenOnLoopback>> | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  protected abstract handle(request: IncomingMessage, response: ServerResponse): unknown;

  /**
   * Listens on the server's port. A server that is started again after `stop()` still has its state.
   * @throws Error with the code `EADDRINUSE` when the port is in use
   */
  async start(): Promise<this> {
    this.#listener ??= await listenOnLoopback(this.#port, async (request, response) => {
      if (!(await this.intercept?.(request, response))) await this.handle(request, response);
    });
    return this;
  }

  /** Frees the port and closes every connection. The server keeps its state. */
  async stop(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.close();
  }
}

/** Whether a server accepts connections on this port. */
export async function isListening(port: number, host: string): Promise<boolean> {
  const socket = connect({ port, host });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(1000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Whether no program uses this port of `host`. On a machine without IPv6, every IPv6 port is treated as free. */
export function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "EADDRINUSE"));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
