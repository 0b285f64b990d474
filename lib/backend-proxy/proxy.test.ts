import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeCookieJar } from "@/dev/testing/cookie-jar.ts";
import { freshProcess, startScriptedProvider } from "@/dev/testing/fresh-process.ts";
import { startSession } from "@/dev/testing/kept-sessions.ts";
import { unusedOrigin } from "@/dev/testing/local-server.ts";
import { keepSessionsIn, MemoryStore, STORE_URL } from "@/dev/testing/memory-store.ts"; // part: store
import { tokenSet } from "@/dev/testing/tokens.ts";

/** The visitor's browser. In this test, the function `cookies()` of Next.js returns its cookies. */
const browser = vi.hoisted(() => ({ jar: null as FakeCookieJar | null }));
vi.mock("next/headers", () => ({
  headers: async () => new Headers(),
  cookies: async () => ({
    get: (name: string) => ({ value: browser.jar?.read(name) }),
    getAll: () => (browser.jar?.names() ?? []).map((name) => ({ name })),
    set: (name: string, value: string, options: object) => browser.jar?.write(name, value, options),
  }),
}));

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
const op = await startScriptedProvider();
let api: Server;
let origin: string;
let handle: Handler;
const received: { method?: string; url?: string; headers: IncomingMessage["headers"] }[] = [];

beforeAll(async () => {
  api = createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    received.push({ method, url, headers });
    void handle(request, response);
  });
  await once(api.listen(0, "127.0.0.1"), "listening");
  origin = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});
afterAll(() => {
  api.closeAllConnections();
  api.close();
});

let logged: object[];
let proxy: (request: Request) => Promise<Response>;

async function start(settings: Record<string, string | undefined> = {}): Promise<void> {
  freshProcess({ OIDC_ISSUER: op.issuer, BACKEND_PROXY_URL: `${origin}/v1`, ...settings });
  proxy = (await import("./proxy.ts")).proxyToBackend;
  const { log } = await import("../log.ts");
  log.level = "silent";
  logged = [];
  vi.spyOn(log, "warn").mockImplementation((entry) => void logged.push(entry as object));
}

async function logIn(tokens: Parameters<typeof tokenSet>[0] = {}, dpopKey?: object): Promise<void> {
  browser.jar = new FakeCookieJar();
  const { createSession } = await import("../auth/session.ts");
  await startSession(browser.jar, createSession({ ...tokenSet(tokens), ...(dpopKey && { dpopKey }) }, null));
}

beforeEach(async () => {
  vi.restoreAllMocks();
  received.length = 0;
  handle = (_, response) => void response.writeHead(200, JSON_TYPE).end('{"id":1}');
  await start();
  await logIn();
});

const JSON_TYPE = { "content-type": "application/json" };
const FROM_OWN_PAGE = { "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" };

function call(path = "/orders", { headers = {}, ...init }: RequestInit = {}): Promise<Response> {
  const all = new Headers({ ...FROM_OWN_PAGE, ...(headers as Record<string, string>) });
  return proxy(
    new Request(`https://app.example.com/api/backend${path}`, {
      ...init,
      headers: all,
      duplex: "half",
    } as object),
  );
}

/** A body that is sent piece by piece. */
function pieces(...parts: (string | Promise<string>)[]): ReadableStream {
  const left = [...parts];
  return new ReadableStream({
    async pull(controller) {
      const next = await left.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(next));
    },
  });
}

/** Shortens the proxy's time limit of `wait` ms to `time` ms. */
function shortenWait(wait: 5_000 | 60_000, time: number): void {
  const real = globalThis.setTimeout;
  const shorter = (work: () => void, ms?: number) => real(work, ms === wait ? time : ms);
  vi.spyOn(globalThis, "setTimeout").mockImplementation(shorter as typeof setTimeout);
}

describe("a call of the API through proxyToBackend", () => {
  test("the browser gets the API's status, content type, ETag and body", async () => {
    handle = (_, response) =>
      void response.writeHead(418, { ...JSON_TYPE, etag: '"7"' }).end('{"no":"coffee"}');
    const response = await call("/orders/7?a=1&b=2");
    expect([response.status, await response.json()]).toEqual([418, { no: "coffee" }]);
    expect([response.headers.get("content-type"), response.headers.get("etag")]).toEqual([
      "application/json",
      '"7"',
    ]);
    expect(received).toMatchObject([
      { method: "GET", url: "/v1/orders/7?a=1&b=2", headers: { authorization: "Bearer access-token-0" } },
    ]);
  });

  test("the browser gets an API's 401 without WWW-Authenticate, which would open a password dialog", async () => {
    handle = (_, response) => void response.writeHead(401, { "www-authenticate": "Basic" }).end("no");
    const response = await call();
    expect([response.status, await response.text()]).toEqual([401, "no"]);
    expect(response.headers.get("www-authenticate")).toBeNull();
  });

  test.each(["POST", "PUT", "PATCH", "DELETE"])("the API gets the body of a %s unchanged", async (method) => {
    const bodies: string[] = [];
    handle = async (request, response) => {
      bodies.push(await text(request));
      response.writeHead(204).end();
    };
    const headers = { "content-type": "text/x-own", "content-length": "9" };
    const response = await call("/orders", { method, body: "two words", headers });
    expect([response.status, response.body, bodies]).toEqual([204, null, ["two words"]]);
    expect(received).toMatchObject([{ method, headers }]);
  });

  test("a HEAD request is passed on as HEAD", async () => {
    const response = await call("/orders", { method: "HEAD" });
    expect([response.status, await response.text(), received[0]?.method]).toEqual([200, "", "HEAD"]);
  });

  test("a call without a session gets 401 in JSON, and the API is not asked", async () => {
    browser.jar = new FakeCookieJar();
    const response = await call();
    expect([response.status, await response.json()]).toEqual([401, { error: "Authentication required" }]);
    expect(received).toEqual([]);
  });

  test("without BACKEND_PROXY_URL, every call gets 404", async () => {
    await start({ BACKEND_PROXY_URL: undefined });
    await logIn();
    expect((await call()).status).toBe(404);
  });

  test("a call with a method that BACKEND_PROXY_METHODS does not list gets 405", async () => {
    await start({ BACKEND_PROXY_METHODS: "GET, PUT" });
    await logIn();
    const methods = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"];
    const statuses = await Promise.all(methods.map(async (method) => (await call("/x", { method })).status));
    expect(statuses).toEqual([200, 200, 200, 405, 405, 405]);
  });

  test("an expired access token is refreshed before the call, and the new one is kept", async () => {
    await logIn({ accessTokenExpiresAt: 1 });
    op.tokenResponse = { access_token: "a-fresh-one", id_token: undefined };
    expect((await call()).status).toBe(200);
    expect((await call()).status).toBe(200);
    expect(received.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer a-fresh-one",
      "Bearer a-fresh-one",
    ]);
    expect(op.asked.filter((path) => path === "/token")).toHaveLength(1);
  });

  test("a call gets 503 if the access token has expired and the provider is unavailable", async () => {
    await logIn({ accessTokenExpiresAt: 1 });
    op.answers = { "/token": () => ({ status: 503 }) };
    const response = await call();
    expect([response.status, await response.json()]).toEqual([
      503,
      { error: "The provider cannot be reached" },
    ]);
    expect(received).toEqual([]);
  });

  test("a call gets 401, and the session ends, if the provider refuses the refresh", async () => {
    await logIn({ accessTokenExpiresAt: 1 });
    op.answers = { "/token": () => ({ status: 400, json: { error: "invalid_grant" } }) };
    expect((await call()).status).toBe(401);
    expect(browser.jar?.names()).toEqual([]);
  });

  // part: store
  test("a call gets 503 in JSON while the session store is unavailable", async () => {
    await start({ SESSION_STORE_URL: STORE_URL });
    const store = new MemoryStore();
    keepSessionsIn(store);
    await logIn();
    const { log } = await import("../log.ts");
    vi.spyOn(log, "error").mockImplementation(() => undefined);
    store.before = () => {
      throw Object.assign(new Error("gone"), { name: "StoreError" });
    };
    const response = await call();
    expect([response.status, await response.json()]).toEqual([503, { error: "Sessions are unavailable" }]);
    expect(response.headers.get("content-security-policy")).toContain("sandbox");
  });
  // end part: store
});

// part: fapi
describe("a call of the API with a DPoP token", () => {
  test("a call has a DPoP proof, and is sent again with its body if the API asks for a nonce", async () => {
    const { createDpopKey } = await import("../auth/provider/index.ts");
    await logIn({}, await createDpopKey({}));
    const bodies: string[] = [];
    handle = async (request, response) => {
      bodies.push(await text(request));
      if (bodies.length === 2) return void response.writeHead(201).end();
      response
        .writeHead(401, { "dpop-nonce": "n-1", "www-authenticate": 'DPoP error="use_dpop_nonce"' })
        .end();
    };
    const headers = { "content-length": "9" };
    const response = await call("/orders", { method: "POST", body: pieces("two ", "words"), headers });
    expect([response.status, bodies]).toEqual([201, ["two words", "two words"]]);
    expect(response.headers.get("dpop-nonce")).toBeNull();
    expect(received[1]?.headers).toMatchObject({
      authorization: "DPoP access-token-0",
      dpop: expect.any(String),
    });
  });
});
// end part: fapi

describe("headers and bodies that the proxy passes on", () => {
  test("the API gets only the documented headers, without cookies, credentials or forwarding headers", async () => {
    await call("/orders", {
      method: "POST",
      body: "x",
      headers: {
        accept: "text/plain",
        "accept-language": "de",
        authorization: "Bearer of-a-script",
        connection: "keep-alive, if-match",
        "content-length": "1",
        "content-type": "text/plain",
        cookie: "hello=1",
        dpop: "forged",
        "if-match": "named in Connection",
        "keep-alive": "1",
        "idempotency-key": "k",
        forwarded: "for=1.2.3.4",
        host: "evil.example",
        origin: "https://app.example.com",
        "proxy-authorization": "Basic x",
        referer: "https://app.example.com/secret",
        te: "trailers",
        "x-forwarded-for": "1.2.3.4",
        "x-forwarded-host": "evil.example",
        "x-http-method-override": "DELETE",
        "x-original-url": "/admin",
        "x-request-id": "forged",
      },
    });
    const { host, connection, pragma, "cache-control": cache, ...headers } = received[0]?.headers ?? {};
    expect(host).toBe(new URL(origin).host);
    expect(headers).toEqual({
      accept: "text/plain",
      "accept-encoding": "identity",
      "accept-language": "de",
      authorization: "Bearer access-token-0",
      "content-length": "1",
      "content-type": "text/plain",
      "idempotency-key": "k",
      "sec-fetch-mode": "cors", // added by fetch
      "user-agent": "node",
    });
  });

  test("the browser gets only the documented headers, without cookies, policies or hop-by-hop headers", async () => {
    handle = (_, response) => {
      response.setHeader("set-cookie", ["a=1", "__Host-hello-oidc.session=x; Path=/"]);
      response.setHeader("connection", "keep-alive, etag");
      const headers = {
        "access-control-allow-origin": "*",
        "access-control-allow-credentials": "true",
        "cache-control": "public, max-age=99",
        "clear-site-data": '"*"',
        "content-disposition": 'attachment; filename="a.csv"',
        "content-security-policy": "default-src *",
        "content-type": "text/csv",
        etag: "named in Connection",
        "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT",
        refresh: "0; url=https://evil.example",
        "service-worker-allowed": "/",
        "strict-transport-security": "max-age=0",
        "x-content-type-options": "none",
        "x-internal-host": "db-1",
      };
      response.writeHead(200, headers).end("a,b");
    };
    const { headers } = await call();
    const names = [...headers.keys()];
    expect(names.sort()).toEqual([
      "cache-control",
      "content-disposition",
      "content-security-policy",
      "content-type",
      "cross-origin-opener-policy",
      "cross-origin-resource-policy",
      "last-modified",
      "permissions-policy",
      "referrer-policy",
      "strict-transport-security",
      "x-content-type-options",
    ]);
    expect(headers.get("cache-control")).toBe("private, no-store");
    expect(headers.get("strict-transport-security")).toBe("max-age=31536000");
  });

  test("an HTML page of the API gets a sandbox policy without scripts and frames", async () => {
    handle = (_, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<script>…");
    const { headers } = await call();
    const policy = headers.get("content-security-policy")?.split("; ");
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'none'", "frame-ancestors 'none'", "sandbox"]),
    );
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
  });

  test("the browser gets a compressed answer of the API uncompressed", async () => {
    const body = gzipSync('{"zipped":true}');
    const headers = { ...JSON_TYPE, "content-encoding": "gzip", "content-length": String(body.length) };
    handle = (_, response) => void response.writeHead(200, headers).end(body);
    const response = await call();
    expect(await response.json()).toEqual({ zipped: true });
    expect([response.headers.get("content-encoding"), response.headers.get("content-length")]).toEqual([
      null,
      null,
    ]);
  });

  test("the browser gets an answer piece by piece, as the API sends it (server-sent events)", async () => {
    const { promise: read, resolve: hasRead } = Promise.withResolvers<void>();
    handle = async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
      await read; // the API sends the second event only after the browser has the first one
      response.end("data: 2\n\n");
    };
    const response = await call("/events", {
      headers: { accept: "text/event-stream", "last-event-id": "0" },
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reader = (response.body ?? expect.fail("no body")).pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe("data: 1\n\n");
    hasRead();
    expect((await reader.read()).value).toBe("data: 2\n\n");
    expect((await reader.read()).done).toBe(true);
  });

  test("the API gets a request piece by piece, as the browser sends it", async () => {
    const { promise: arrived, resolve: hasArrived } = Promise.withResolvers<string>();
    handle = async (request, response) => {
      const [first] = await once(request, "data");
      hasArrived("second"); // the browser now sends the second piece, because the first one has arrived
      response.writeHead(200).end(`${first} ${await text(request)}`);
    };
    const headers = { "transfer-encoding": "chunked" };
    const response = await call("/files", { method: "POST", body: pieces("first", arrived), headers });
    expect(await response.text()).toBe("first second");
  });

  test("the call to the API ends when the visitor leaves", async () => {
    const { promise: closed, resolve: hasClosed } = Promise.withResolvers<void>();
    handle = (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
      response.on("close", () => hasClosed());
    };
    const response = await call("/events");
    await response.body?.cancel();
    await closed;
  });

  test("a visitor who leaves before the API responds is not logged as a failure of the API", async () => {
    const leaving = new AbortController();
    handle = () => leaving.abort();
    expect((await call("/slow", { signal: leaving.signal })).status).toBe(499);
    expect(logged).toEqual([]);
  });
});

describe("a redirect of the API", () => {
  test.each([301, 302, 303, 307, 308])(
    "a redirect with %i inside the API is not followed, and its location becomes a path of the app",
    async (status) => {
      handle = (_, response) =>
        void response.writeHead(status, { location: `${origin}/v1/orders/7?x=1` }).end();
      const response = await call("/orders", {
        method: "POST",
        body: "x",
        headers: { "content-length": "1" },
      });
      expect([response.status, response.headers.get("location")]).toEqual([
        status,
        "/api/backend/orders/7?x=1",
      ]);
      expect(received).toHaveLength(1);
    },
  );

  test.each(["https://evil.example/", "//evil.example", "/v2/orders", "http://internal:8080/v1/orders"])(
    "a redirect to %s gets 502, and the browser does not learn the location",
    async (location) => {
      handle = (_, response) => void response.writeHead(307, { location }).end("see there");
      const response = await call("/orders", {
        method: "POST",
        body: "x",
        headers: { "content-length": "1" },
      });
      expect([response.status, await response.json()]).toEqual([
        502,
        { error: "The API redirects elsewhere" },
      ]);
      expect(response.headers.get("location")).toBeNull();
      expect(received).toHaveLength(1);
    },
  );

  test("the location in a 201 becomes a path of the app, or is removed if it is outside the API", async () => {
    const locations = [`${origin}/v1/orders/7`, "https://evil.example/7"];
    handle = (_, response) => void response.writeHead(201, { location: locations.shift() ?? "" }).end();
    const headers = [(await call()).headers, (await call()).headers];
    expect(headers.map((each) => each.get("location"))).toEqual(["/api/backend/orders/7", null]);
  });
});

describe("a request that does not come from a page of this app", () => {
  test.each([
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none", origin: "https://evil.example" },
    { "sec-fetch-site": "none", origin: "null" },
    { "sec-fetch-site": "none", origin: "https://app.example.com.evil.example" },
    { "sec-fetch-dest": "script" },
    { "sec-fetch-dest": "style" },
    { "sec-fetch-dest": "iframe" },
    { "sec-fetch-dest": "object" },
    { "sec-fetch-dest": "serviceworker" },
    { "sec-fetch-dest": "worker" },
  ])("a request with %j gets 403, whatever its method, and the session is not refreshed", async (headers) => {
    await logIn({ accessTokenExpiresAt: 1 });
    for (const method of ["GET", "POST", "DELETE"]) {
      expect((await call("/orders", { method, headers })).status, method).toBe(403);
    }
    expect([received, op.asked]).toEqual([[], []]);
  });

  test("a request without Sec-Fetch headers and Origin is accepted if it has a session", async () => {
    const request = new Request("https://app.example.com/api/backend/x", { method: "POST" });
    expect((await proxy(request)).status).toBe(200);
  });
});

test.each(["/..%2f..%2fadmin", "/%252e%252e/admin", "/a%5c..%5cb", "/..;/admin", "/"])(
  "the path %s, which could leave the API's base URL, gets 400, and the API is not asked",
  async (path) => {
    expect((await call(path)).status).toBe(400);
    expect(received).toEqual([]);
  },
);

describe("an API that fails or is slow", () => {
  test("a call gets 502 in JSON if the API cannot be reached, and only the log says why", async () => {
    await start({ BACKEND_PROXY_URL: await unusedOrigin() });
    await logIn();
    const response = await call();
    expect([response.status, await response.json()]).toEqual([502, { error: "The API cannot be reached" }]);
    expect(logged).toMatchObject([{ step: "backend", reason: "unreachable", code: "ECONNREFUSED" }]);
  });

  test("a call gets 504 in JSON if the API does not answer", async () => {
    shortenWait(5_000, 60);
    handle = () => undefined;
    const response = await call();
    expect([response.status, await response.json()]).toEqual([504, { error: "The API takes too long" }]);
    expect(logged).toMatchObject([{ step: "backend", reason: "timeout" }]);
  });

  test("an answer is cut off if the API stops sending in the middle", async () => {
    shortenWait(60_000, 60);
    handle = (_, response) => void response.writeHead(200).write("begun");
    const response = await call();
    await expect(response.text()).rejects.toThrow();
  });

  test("an answer may take any time if the API keeps sending", async () => {
    shortenWait(60_000, 1_000);
    handle = async (_, response) => {
      response.writeHead(200);
      for (let count = 0; count < 8; count += 1) {
        response.write("x");
        await pause(200);
      }
      response.end();
    };
    expect(await (await call()).text()).toBe("xxxxxxxx");
  });

  test("an answer is cut off after 100 MB", async () => {
    const megabyte = Buffer.alloc(1_000_000);
    handle = (_, response) => {
      const send = () => {
        while (!response.destroyed && response.write(megabyte));
      };
      response.writeHead(200).on("drain", send);
      send();
    };
    const response = await call();
    let bytes = 0;
    const reading = async () => {
      for await (const chunk of response.body ?? []) bytes += chunk.length;
    };
    await expect(reading()).rejects.toThrow("longer than 100000000 bytes");
    expect(bytes).toBeLessThanOrEqual(100_000_000);
  });
});

describe("a request that is too long or too slow", () => {
  test("a request whose Content-Length is too large gets 413, and the API is not asked", async () => {
    const headers = { "content-length": "10000001" };
    const response = await call("/files", { method: "POST", body: pieces("x"), headers });
    expect([response.status, received]).toEqual([413, []]);
  });

  test.each([
    ["a bearer token", async () => undefined],
    ["a DPoP token", async () => (await import("../auth/provider/index.ts")).createDpopKey({})], // part: fapi
  ])(
    "a chunked request that becomes too long gets 413, with %s",
    async (_: string, keyOf: () => Promise<object | undefined>) => {
      await logIn({}, await keyOf());
      handle = async (request, response) => {
        await text(request).catch(() => undefined);
        response.end();
      };
      const megabyte = "x".repeat(1_000_000);
      const body = pieces(...Array.from({ length: 11 }, () => megabyte));
      const response = await call("/files", {
        method: "POST",
        body,
        headers: { "transfer-encoding": "chunked" },
      });
      expect(response.status).toBe(413);
    },
  );

  test("a request that stops in the middle gets 408", async () => {
    shortenWait(60_000, 60);
    handle = (request) => void request.resume();
    const body = pieces("begun", new Promise(() => undefined));
    const response = await call("/files", {
      method: "POST",
      body,
      headers: { "transfer-encoding": "chunked" },
    });
    expect([response.status, await response.json()]).toEqual([408, { error: "The request takes too long" }]);
  });
});
