import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";

/** The addresses that `localhost` can mean: browsers and Node's fetch each have their own idea which comes first. */
export const LOOPBACK_ADDRESSES = ["127.0.0.1", "::1"] as const;

/** Names of this machine in a `Host` header, with or without a port (RFC 6761, 6.3 for `.localhost`). */
const LOOPBACK_HOST = /^(([a-z0-9-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Bytes: tokens come in headers and URLs, and some providers' are big. */
const MAX_HEADER_SIZE = 256 * 1024;

/** Something that listens on a port of this machine. */
export interface Listener {
  /** Frees the port and cuts every connection, also those in the middle of an answer. */
  close(): Promise<void>;
}

/**
 * Serves HTTP on a port of every loopback address that the machine has, and nowhere else. A request whose `Host` is not
 * a name of this machine gets 421 (RFC 9110, 15.5.20): it comes from a page whose own name was pointed here (DNS
 * rebinding), and the browser would let that page read the answer.
 *
 * @throws Error with the code `EADDRINUSE` when the port is taken on any of them; nothing listens then
 */
export async function listenOnLoopback(port: number, handler: RequestListener): Promise<Listener> {
  const servers: Server[] = [];
  const answer: RequestListener = (request, response) =>
    LOOPBACK_HOST.test(request.headers.host ?? "") ? handler(request, response) : misdirected(response);
  const close = async () => void (await Promise.all(servers.map(closeServer)));
  try {
    for (const address of LOOPBACK_ADDRESSES) {
      const server = await listen(createServer({ maxHeaderSize: MAX_HEADER_SIZE }, answer), {
        port,
        address,
      });
      if (server) servers.push(server);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

function misdirected(response: ServerResponse): void {
  response.writeHead(421, { "Content-Type": "text/plain; charset=utf-8" });
  response.end("This server answers requests for this machine only: localhost, 127.0.0.1 or [::1].\n");
}

/** @returns undefined when the machine has no such address, as without IPv6 */
function listen(
  server: Server,
  { port, address }: { port: number; address: string },
): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT") resolve(undefined);
      else reject(error);
    });
    server.listen(port, address, () => resolve(server));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
