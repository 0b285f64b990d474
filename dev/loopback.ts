import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import { connect } from "node:net";

/** The addresses that `localhost` can mean. Browsers and Node's fetch try them in different orders. */
export const LOOPBACK_ADDRESSES = ["127.0.0.1", "::1"] as const;

/** Names of this machine in a `Host` header, with or without a port (RFC 6761, 6.3 for `.localhost`). */
const LOOPBACK_HOST = /^(([a-z0-9-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Bytes: tokens are sent in headers and URLs, and some providers issue large ones. */
const MAX_HEADER_SIZE = 256 * 1024;

const MAX_FORM = 10_000; // characters

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * A test's hook that gets a request before the service does, to answer 503 or garbage, or to delay it.
 * @returns true if the hook has answered the request or leaves it hanging; false lets the service answer
 */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

/** A prescribed answer: a status, headers and a body; or what is done to the connection. */
export type Answer =
  | { status?: number; headers?: Record<string, string>; json?: unknown; text?: string | Uint8Array }
  | "hang"
  | "reset"
  | "drip" // sends one byte every few milliseconds, forever
  | "stop" // begins an answer in JSON, and never ends it
  | "cut"; // begins one, then closes the connection

/** Sends this answer in place of what the server has prepared. */
export function send(response: ServerResponse, answer: Answer): void {
  const type = { "content-type": "application/json" };
  if (answer === "hang") return;
  if (answer === "reset") return void response.destroy();
  if (answer === "drip") {
    response.writeHead(200, type);
    const drops = setInterval(() => response.write(" "), 5);
    response.on("close", () => clearInterval(drops));
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
    // The response's own `end` may be replaced by one that expects tokens.
    ServerResponse.prototype.end.call(response, json === undefined ? text : JSON.stringify(json), "utf8");
  }
}

/** Reads a submitted form: to its end, or the connection would break. @returns null if it is too long for a form of a demo */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | null> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) if (body.length <= MAX_FORM) body += chunk;
  return body.length <= MAX_FORM ? new URLSearchParams(body) : null;
}

/** Its `close` frees the port and closes every connection, even in the middle of an answer. */
type Listener = { close(): Promise<void> };

/**
 * Serves HTTP on a port of every loopback address of this machine, and on no other address. A request with another
 * `Host` gets 421 (RFC 9110, 15.5.20). It comes from a page that points its own host name at this machine (DNS
 * rebinding); without this check the page could read the answer.
 * @param hook returns the current hook; an error of the hook or the handler is printed and closes the connection
 * @throws Error with the code `EADDRINUSE` when the port is in use on any of the addresses; then none is listened on
 */
export async function listenOnLoopback(
  port: number,
  handler: Handler,
  hook: () => Intercept | undefined = () => undefined,
): Promise<Listener> {
  const servers: Server[] = [];
  const answer: Handler = async (request, response) => {
    if (!LOOPBACK_HOST.test(request.headers.host ?? "")) {
      response.writeHead(421, { "Content-Type": "text/plain; charset=utf-8" });
      const text = "This server answers requests for this machine only: localhost, 127.0.0.1 or [::1].\n";
      return response.end(text);
    }
    try {
      if (!(await hook()?.(request, response))) await handler(request, response);
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
      // The machine does not have this address, for example without IPv6.
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
  #listener: Listener | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  protected abstract handle(request: IncomingMessage, response: ServerResponse): unknown;

  /**
   * Listens on its port. After a `stop()`, it still has its state.
   * @throws Error with the code `EADDRINUSE` when the port is in use
   */
  async start(): Promise<void> {
    const handle: Handler = (request, response) => this.handle(request, response);
    this.#listener ??= await listenOnLoopback(this.#port, handle, () => this.intercept);
  }

  /** Frees the port and closes every connection. Its state is kept. */
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

/** Whether a server could listen there. On a machine without IPv6, every IPv6 port is free. */
export function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "EADDRINUSE"));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
