import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A proxy in front of a server, with faults. */
export interface FaultProxy {
  readonly port: number;
  /** Stops listening, and closes all connections. */
  goDown(): Promise<void>;
  /** Listens again on the same port, without faults. Connections that hang stay dead. */
  goUp(): Promise<void>;
  /** From now on, accepts connections but forwards nothing, not even on open connections. */
  hang(): void;
  /** From now on, delays each answer. */
  delay(milliseconds: number): void;
  close(): Promise<void>;
}

interface Way {
  readonly client: Socket;
  readonly upstream: Socket;
  dead: boolean;
}

/** Starts a proxy in front of a TCP server, on a free port of this machine, without faults at first. */
export async function startFaultProxy(host: string, port: number): Promise<FaultProxy> {
  const ways = new Set<Way>();
  let hanging = false;
  let extra = 0;

  const server = createServer({ noDelay: true }, (client) => {
    const way = { client, upstream: connect({ host, port, noDelay: true }), dead: hanging };
    const { upstream } = way;
    ways.add(way);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on("error", () => {}); // closed connections are expected
      socket.on("close", () => {
        other.destroy();
        ways.delete(way);
      });
    }
    client.on("data", (data) => way.dead || upstream.write(data));
    upstream.on("data", (data) => {
      const passOn = () => way.dead || client.destroyed || client.write(data);
      if (extra === 0) passOn();
      else setTimeout(passOn, extra);
    });
  });

  async function listen(at: number): Promise<void> {
    server.listen(at, "127.0.0.1");
    await once(server, "listening");
  }
  async function goDown(): Promise<void> {
    const closed = once(server, "close");
    server.close();
    for (const { client } of ways) client.destroy();
    await closed;
  }

  await listen(0);
  const { port: own } = server.address() as AddressInfo;
  return {
    port: own,
    goDown,
    async goUp() {
      hanging = false;
      extra = 0;
      if (!server.listening) await listen(own);
    },
    hang() {
      hanging = true;
      for (const way of ways) way.dead = true;
    },
    delay(milliseconds) {
      extra = milliseconds;
    },
    async close() {
      if (server.listening) await goDown();
    },
  };
}
