import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import { gunzipSync } from "node:zlib";
import type { AppServer } from "../app/server.ts";

/** The fields of a JSON response, and the response's status. */
export type Answer = Readonly<Record<string, string | number>> & { readonly status: number };

/** A program on a person's computer. It sends the same bytes as py-oidc-auth-client (httpx, HTTP/1.1). */
export class Program {
  readonly #port: number;
  readonly #userAgent: string;

  constructor({ port }: Pick<AppServer, "port">, userAgent = "python-httpx/0.23.3") {
    this.#port = port;
    this.#userAgent = userAgent;
  }

  /** Requests tokens, or a device code. The form of a request for a device code is empty. */
  async post(path: string, form: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const body = new URLSearchParams(form).toString();
    const headers = [
      ...(body === "" ? ["Content-Length", "0"] : []),
      ...this.#common,
      ...["Content-Type", "application/x-www-form-urlencoded"],
      ...["Connection", "close"],
      ...(body === "" ? [] : ["Content-Length", String(body.length)]),
    ];
    return this.#send("POST", path, headers, body);
  }

  /** Sends a GET request to the app. */
  async get(path: string, accessToken?: unknown): Promise<Answer> {
    const authorization = accessToken ? ["Authorization", `Bearer ${accessToken}`] : [];
    return this.#send("GET", path, [...this.#common, "Connection", "keep-alive", ...authorization], "");
  }

  get #common(): string[] {
    return ["Accept", "*/*", "Accept-Encoding", "gzip, deflate", "User-Agent", this.#userAgent];
  }

  async #send(method: string, path: string, headers: readonly string[], body: string): Promise<Answer> {
    const sent = request({
      host: "localhost",
      port: this.#port,
      method,
      path,
      headers: ["Host", `localhost:${this.#port}`, ...headers], // Node.js keeps this order and adds no header
    });
    sent.end(body);
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const isZipped = response.headers["content-encoding"] === "gzip";
    const text = (isZipped ? gunzipSync(bytes) : bytes).toString();
    const isJson = response.headers["content-type"]?.startsWith("application/json");
    return { status: response.statusCode ?? 0, ...(isJson && JSON.parse(text)) };
  }
}

/** A program that waits for the browser and answers with its own page, as py-oidc-auth-client does. */
interface Waiting {
  /** The program's `redirect_uri`. */
  readonly url: string;
  /** Resolves to the query of the browser's request. */
  readonly arrived: Promise<URLSearchParams>;
  stop(): void;
}

/** Waits for the browser's request, on the first port that is free. */
export async function waitForBrowser(ports: readonly number[]): Promise<Waiting> {
  for (const port of ports) {
    const server = createServer();
    const isFree = once(server.listen(port, "localhost"), "listening").then(
      () => true,
      () => false,
    );
    if (!(await isFree)) continue;
    const arrived = new Promise<URLSearchParams>((resolve) => {
      server.on("request", ({ url = "" }: IncomingMessage, response) => {
        const { pathname, searchParams } = new URL(url, "http://localhost");
        if (pathname !== "/callback") return response.writeHead(204).end();
        response.setHeader("Content-Type", "text/html");
        // Without an icon in the page, the browser would request one, perhaps after the program has stopped.
        response.end(
          '<!doctype html><link rel="icon" href="data:,">Login successful! You can close this tab.',
        );
        resolve(searchParams);
      });
    });
    return { url: `http://localhost:${port}/callback`, arrived, stop: () => server.close() };
  }
  throw new Error("No port is free for a program.");
}
