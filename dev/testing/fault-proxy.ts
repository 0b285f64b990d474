import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A proxy in front of a TCP server, on a free port of this machine. It forwards everything unless a fault is on. */
export class FaultProxy {
  port = 0;
  /** The open connections of clients. The proxy forwards nothing on a dead connection. */
  readonly #clients = new Map<Socket, { dead: boolean }>();
  readonly #server;
  #hanging = false;
  #delay = 0;

  private constructor(host: string, port: number) {
    this.#server = createServer({ noDelay: true }, (client) => {
      const upstream = connect({ host, port, noDelay: true });
      const state = { dead: this.#hanging };
      this.#clients.set(client, state);
      for (const socket of [client, upstream]) {
        socket.on("error", () => {}); // closed connections are expected
        socket.on("close", () => {
          client.destroy();
          upstream.destroy();
          this.#clients.delete(client);
        });
      }
      client.on("data", (data) => state.dead || upstream.write(data));
      upstream.on("data", (data) => {
        const passOn = () => state.dead || client.destroyed || client.write(data);
        if (this.#delay === 0) passOn();
        else setTimeout(passOn, this.#delay);
      });
    });
  }

  static async start(host: string, port: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(host, port);
    await proxy.goUp();
    return proxy;
  }

  /** Ends all faults, and listens on the same port as before. Dead connections stay dead. */
  async goUp(): Promise<void> {
    this.#hanging = false;
    this.#delay = 0;
    if (this.#server.listening) return;
    await once(this.#server.listen(this.port, "127.0.0.1"), "listening");
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** Stops listening, and closes all connections. */
  async goDown(): Promise<void> {
    if (!this.#server.listening) return;
    for (const client of this.#clients.keys()) client.destroy();
    await this.#server[Symbol.asyncDispose]();
  }

  /** From now on, accepts connections but forwards nothing. Open connections become dead, too. */
  hang(): void {
    this.#hanging = true;
    for (const state of this.#clients.values()) state.dead = true;
  }

  /** From now on, delays everything that the server sends. */
  delay(milliseconds: number): void {
    this.#delay = milliseconds;
  }
}
