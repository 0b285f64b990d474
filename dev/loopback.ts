import { createServer, type RequestListener, type Server } from "node:http";

/** The addresses that `localhost` can mean: browsers and Node's fetch each have their own idea which comes first. */
export const LOOPBACK_ADDRESSES = ["127.0.0.1", "::1"] as const;

/** Bytes: tokens come in headers and URLs, and some providers' are big. */
const MAX_HEADER_SIZE = 256 * 1024;

/** Something that listens on a port of this machine. */
export interface Listener {
  /** Frees the port and cuts every connection, also those in the middle of an answer. */
  close(): Promise<void>;
}

/**
 * Serves HTTP on a port of every loopback address that the machine has, and nowhere else.
 *
 * @throws Error with the code `EADDRINUSE` when the port is taken on any of them; nothing listens then
 */
export async function listenOnLoopback(port: number, handler: RequestListener): Promise<Listener> {
  const servers: Server[] = [];
  const close = async () => void (await Promise.all(servers.map(closeServer)));
  try {
    for (const address of LOOPBACK_ADDRESSES) {
      const server = await listen(createServer({ maxHeaderSize: MAX_HEADER_SIZE }, handler), {
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
