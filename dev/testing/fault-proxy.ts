import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server that can be disturbed. */
export interface FaultProxy {
  readonly port: number;
  /** Nobody listens any more, and what was connected is cut off. */
  goDown(): Promise<void>;
  /** Listens again, on the same port, and passes on everything at once. */
  goUp(): Promise<void>;
  /** From now on connections are taken, and nothing is passed on: not even on those that are open. */
  hang(): void;
  /** From now on each answer takes so many milliseconds longer. */
  delay(milliseconds: number): void;
  close(): Promise<void>;
}

/** Starts a proxy in front of a TCP server, on a free port of this machine. It passes on everything at first. */
export async function startFaultProxy(host: string, port: number): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  let hanging = false;
  let extra = 0;

  const keep = (socket: Socket, other: () => Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // being cut off is what happens here
    socket.on("close", () => {
      sockets.delete(socket);
      other().destroy();
    });
  };
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host, port, noDelay: true });
    keep(client, () => upstream);
    keep(upstream, () => client);
    client.on("data", (data) => hanging || upstream.write(data));
    upstream.on("data", (data) => {
      if (hanging) return;
      if (extra === 0) client.write(data);
      else setTimeout(() => client.destroyed || client.write(data), extra);
    });
  });
  const listen = async (at: number) => {
    server.listen(at, "127.0.0.1");
    await once(server, "listening");
  };
  const goDown = async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };

  await listen(0);
  const own = (server.address() as AddressInfo).port;
  return {
    port: own,
    goDown,
    async goUp() {
      // What hung stays dead: bytes are missing there.
      if (hanging) for (const socket of sockets) socket.destroy();
      hanging = false;
      extra = 0;
      if (!server.listening) await listen(own);
    },
    hang() {
      hanging = true;
    },
    delay(milliseconds) {
      extra = milliseconds;
    },
    async close() {
      if (server.listening) await goDown();
    },
  };
}
