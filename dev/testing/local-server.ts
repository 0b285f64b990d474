import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that a test server has received. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The answer of a test server: a status, headers and a body; or what it does to the connection. */
export type Answer =
  | { status?: number; headers?: Record<string, string>; json?: unknown; text?: string | Uint8Array }
  | "hang"
  | "reset"
  | "drip" // sends one byte every few milliseconds, forever
  | "cut"; // begins an answer in JSON, then closes the connection

export type Answerer = (request: ReceivedRequest) => Answer | Promise<Answer>;

/** An HTTP server on a free port of this machine. */
export interface LocalServer {
  readonly origin: string;
  /** All requests so far. Set its length to 0 to clear it. */
  readonly requests: ReceivedRequest[];
  close(): Promise<void>;
}

/** Starts a server that records every request and answers it with the result of `answer`. */
export async function startLocalServer(answer: Answerer): Promise<LocalServer> {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const received: ReceivedRequest = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(chunks).toString("utf8"),
    };
    requests.push(received);
    send(response, await answer(received));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An origin of this machine where nothing listens. */
export async function unusedOrigin(): Promise<string> {
  const server = await startLocalServer(() => ({}));
  await server.close();
  return server.origin;
}

/** A port of this machine where nothing listens. */
export async function freePort(): Promise<number> {
  return Number(new URL(await unusedOrigin()).port);
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer === "hang") return;
  if (answer === "reset") return void response.destroy();
  if (answer === "drip") {
    response.writeHead(200, { "content-type": "application/json" });
    const drops = setInterval(() => response.write(" "), 5);
    response.on("close", () => clearInterval(drops));
    return;
  }
  if (answer === "cut") {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write('{"text": "begun, but ');
    setImmediate(() => response.destroy());
    return;
  }
  const { status = 200, headers = {}, json, text = "" } = answer;
  const type = json === undefined ? "text/html" : "application/json";
  response.writeHead(status, { "content-type": type, ...headers });
  response.end(json === undefined ? text : JSON.stringify(json));
}
