import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type Answer, send } from "../loopback.ts";

export type { Answer };

/** A request that a test server has received. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Answerer = (request: ReceivedRequest) => Answer | Promise<Answer>;

export type LocalServer = Readonly<Awaited<ReturnType<typeof startLocalServer>>>;

/** Starts a server on a free port that records every request and answers it with the result of `answer`. */
export async function startLocalServer(answer: Answerer) {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url: path = "", headers } = request;
    const received = { method, path, headers, body: await text(request) };
    requests.push(received);
    send(response, await answer(received));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    /** All requests so far. To forget them, set `length` to 0. */
    requests,
    close: () => {
      server.closeAllConnections();
      return server[Symbol.asyncDispose]();
    },
  };
}

/** Returns an origin of this machine at which no server listens. */
export async function unusedOrigin(): Promise<string> {
  const server = await startLocalServer(() => ({}));
  await server.close();
  return server.origin;
}

/** Returns a port of this machine on which no server listens. */
export async function freePort(): Promise<number> {
  return Number(new URL(await unusedOrigin()).port);
}
