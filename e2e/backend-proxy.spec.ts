import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Page } from "playwright/test";
import type { AppServer } from "./support/app/server.ts";
import { cookieHeader, rawRequest } from "./support/browser/raw-request.ts";
import { issuingShortTokens } from "./support/provider/passing-time.ts";
import { ALICE, logInByRequest } from "./support/provider/people.ts";
import { test as base, expect } from "./support/test.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** An API for tests. Each test sets `handle` to choose the API's responses. */
class Backend {
  readonly requests: string[] = [];
  handle: Handler = (_, response) => response.end();
  readonly #server: Server = createServer((request, response) => {
    this.requests.push(`${request.method} ${request.url}`);
    this.handle(request, response);
  });

  async start(): Promise<string> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const test = base.extend<{ backend: Backend; proxied: AppServer }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright requires a destructured first parameter
  backend: async ({}, use) => {
    const backend = new Backend();
    await use(backend);
    backend.stop();
  },
  proxied: async ({ stack, backend }, use) => {
    const url = await backend.start();
    await use(await stack.startApp(() => ({ BACKEND_PROXY_URL: url })));
  },
});

/** Fetches a path with a script in the page. @returns the response that the script sees */
function fetchIn(page: Page, path: string, init: { method?: string; body?: string } = {}) {
  return page.evaluate(
    async ([path, init]) => {
      const response = await fetch(path, init);
      return {
        status: response.status,
        body: await response.text(),
        type: response.headers.get("content-type"),
      };
    },
    [path, init] as const,
  );
}

test("a page calls the API through the app, even after the access token has expired", async ({
  page,
  stack,
  watch,
}) => {
  watch.allow(/status of 403/);
  const app = await stack.startApp(() => ({ BACKEND_PROXY_URL: stack.api.url }));
  await page.goto(app.url); // stays open while the user logs in (as in another tab) and the token expires
  await issuingShortTokens(stack, () => logInByRequest(page.request, ALICE.email, app.url));
  const ask = (name: string) => fetchIn(page, `/api/backend/api/messages/${name}`);
  const answers = await Promise.all([ask("protected"), ask("protected"), ask("protected")]);
  const message = { status: 200, body: '{"text":"This is a protected message."}' };
  expect(answers).toMatchObject([message, message, message]);
  expect(stack.provider.counts.token).toEqual({ authorization_code: 0, refresh_token: 1 });
  expect((await ask("admin")).status).toBe(403);
});

test("a page without a session gets 401 as JSON, and the API gets no request", async ({
  page,
  proxied,
  backend,
}) => {
  await page.goto(proxied.url);
  const answer = await page.request.get(`${proxied.url}/api/backend/orders`);
  expect([answer.status(), await answer.json()]).toEqual([401, { error: "Authentication required" }]);
  expect(answer.headers()["set-cookie"]).toBeUndefined();
  expect(backend.requests).toEqual([]);
});

test("a page reads server-sent events as they arrive, and uploads a body of 5 MB", async ({
  page,
  proxied,
  backend,
}) => {
  const { promise: read, resolve: hasRead } = Promise.withResolvers<void>();
  let uploaded = 0;
  backend.handle = async (request, response) => {
    if (request.method === "POST") {
      for await (const chunk of request) uploaded += chunk.length;
      return response
        .writeHead(201, { "content-type": "application/json" })
        .end(JSON.stringify({ uploaded }));
    }
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: first\n\n");
    await read;
    response.end("data: second\n\n");
  };
  await logInByRequest(page.request, undefined, proxied.url);
  await page.goto(`${proxied.url}/profile`);
  await page.exposeFunction("hasRead", () => hasRead());
  const events = await page.evaluate(async () => {
    const source = new EventSource("/api/backend/events");
    const seen: string[] = [];
    await new Promise<void>((resolve) => {
      source.onmessage = ({ data }) => {
        seen.push(data);
        if (seen.length === 2) resolve();
        else void (window as unknown as { hasRead(): void }).hasRead();
      };
    });
    source.close();
    return seen;
  });
  expect(events).toEqual(["first", "second"]);
  const upload = { method: "POST", body: "x".repeat(5_000_000) };
  expect(await fetchIn(page, "/api/backend/files", upload)).toMatchObject({
    status: 201,
    body: '{"uploaded":5000000}',
  });
});

test("a page that uploads 11 MB gets status 413, and the API gets no request", async ({
  page,
  proxied,
  backend,
  watch,
}) => {
  await logInByRequest(page.request, undefined, proxied.url);
  await page.goto(`${proxied.url}/profile`);
  watch.allow(/status of 413/);
  const upload = { method: "POST", body: "x".repeat(11_000_000) };
  expect((await fetchIn(page, "/api/backend/files", upload)).status).toBe(413);
  expect(backend.requests).toEqual([]);
});

test("an HTML page from the API cannot run scripts with the app's origin", async ({
  page,
  proxied,
  backend,
  watch,
}) => {
  watch.allow(/sandbox|Content Security Policy|script/i);
  backend.handle = (_, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>quiet</title><script>document.title = 'ran'</script>");
  };
  await logInByRequest(page.request, undefined, proxied.url);
  await page.goto(`${proxied.url}/api/backend/page`);
  await expect(page).toHaveTitle("quiet");
  expect(await page.evaluate(() => self.origin)).toBe("null");
});

test("no spelling of a path and no WebSocket request reaches anything outside the API's base URL", async ({
  page,
  proxied,
  backend,
}) => {
  await logInByRequest(page.request, undefined, proxied.url);
  const cookie = await cookieHeader(page.request);
  const paths = [
    "../../admin",
    "..%2f..%2fadmin",
    "%2e%2e/%2e%2e/admin",
    "a/..\\..\\admin",
    "/evil.example/x",
    "..;/x",
  ];
  for (const path of [
    ...paths.map((path) => `/api/backend/${path}`),
    "http://evil.example/api/backend/../../x",
  ]) {
    const { status } = await rawRequest(proxied, path, { headers: { cookie } });
    expect(status, path).toBeGreaterThanOrEqual(300);
  }
  expect(backend.requests).toEqual([]);

  const socket = connect(proxied.port, "localhost");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  socket.write(
    `GET /api/backend/socket HTTP/1.1\r\nHost: localhost:${proxied.port}\r\nCookie: ${cookie}\r\nConnection: Upgrade\r\n` +
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  await once(socket, "data");
  socket.destroy();
  expect(answer).toMatch(/^HTTP\/1.1 (?!101)\d/);
  expect(backend.requests).toEqual(["GET /v1/socket"]); // forwarded without the upgrade
});

test("a server that receives SIGTERM still answers the requests that it already has", async ({
  page,
  proxied,
  backend,
}) => {
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
  backend.handle = async (_, response) => {
    isAsked();
    await pause(1_500);
    response.end("finished");
  };
  await logInByRequest(page.request, undefined, proxied.url);
  const answering = page.request.get(`${proxied.url}/api/backend/slow`);
  await asked;
  const stopping = proxied.stop("SIGTERM");
  expect(await (await answering).text()).toBe("finished");
  await stopping;
});
