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

/** The browser whose cookies Next's `cookies()` gives. */
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

/** Makes a wait of the proxy, of five seconds or a minute, end after a shorter time in ms. */
function shortenWait(wait: 5_000 | 60_000, time: number): void {
  const real = globalThis.setTimeout;
  const shorter = (work: () => void, ms?: number) => real(work, ms === wait ? time : ms);
  vi.spyOn(globalThis, "setTimeout").mockImplementation(shorter as typeof setTimeout);
}

describe("a call through the app", () => {
  test("gets the API's own answer: status, type and body", async () => {
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

  test("passes on a refusal of the API, without the challenge that would open a password dialog", async () => {
    handle = (_, response) => void response.writeHead(401, { "www-authenticate": "Basic" }).end("no");
    const response = await call();
    expect([response.status, await response.text()]).toEqual([401, "no"]);
    expect(response.headers.get("www-authenticate")).toBeNull();
  });

  test.each(["POST", "PUT", "PATCH", "DELETE"])("sends the body of a %s as it is", async (method) => {
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

  test("is HEAD where the browser asks by HEAD", async () => {
    const response = await call("/orders", { method: "HEAD" });
    expect([response.status, await response.text(), received[0]?.method]).toEqual([200, "", "HEAD"]);
  });

  test("without a session is answered 401 in JSON, and the API is not asked", async () => {
    browser.jar = new FakeCookieJar();
    const response = await call();
    expect([response.status, await response.json()]).toEqual([401, { error: "Authentication required" }]);
    expect(received).toEqual([]);
  });

  test("does not exist unless BACKEND_PROXY_URL is set", async () => {
    await start({ BACKEND_PROXY_URL: undefined });
    await logIn();
    expect((await call()).status).toBe(404);
  });

  test("is limited to the methods of BACKEND_PROXY_METHODS", async () => {
    await start({ BACKEND_PROXY_METHODS: "GET, PUT" });
    await logIn();
    const methods = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"];
    const statuses = await Promise.all(methods.map(async (method) => (await call("/x", { method })).status));
    expect(statuses).toEqual([200, 200, 200, 405, 405, 405]);
  });

  test("with an expired access token refreshes it first, and keeps the new one", async () => {
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

  test("says that the provider is unavailable where the token has expired and cannot be refreshed now", async () => {
    await logIn({ accessTokenExpiresAt: 1 });
    op.answers = { "/token": () => ({ status: 503 }) };
    const response = await call();
    expect([response.status, await response.json()]).toEqual([
      503,
      { error: "The provider cannot be reached" },
    ]);
    expect(received).toEqual([]);
  });

  test("ends with 401 where the provider refuses to refresh the token", async () => {
    await logIn({ accessTokenExpiresAt: 1 });
    op.answers = { "/token": () => ({ status: 400, json: { error: "invalid_grant" } }) };
    expect((await call()).status).toBe(401);
    expect(browser.jar?.names()).toEqual([]);
  });

  // part: store
  test("is answered 503 in JSON while the session store is unavailable", async () => {
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
describe("with a token that is bound to a key, a call", () => {
  test("has a proof, and is sent again with its body where the API asks for a nonce", async () => {
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

describe("what is passed on", () => {
  test("the API gets the documented headers, and no cookie, credentials, forwarding or other header", async () => {
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
      "sec-fetch-mode": "cors", // fetch's own
      "user-agent": "node",
    });
  });

  test("the browser gets the documented headers, and no cookie, policy or header for one hop", async () => {
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

  test("a page of the API has no origin, no script and no frame in the browser", async () => {
    handle = (_, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<script>…");
    const { headers } = await call();
    const policy = headers.get("content-security-policy")?.split("; ");
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'none'", "frame-ancestors 'none'", "sandbox"]),
    );
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
  });

  test("a compressed answer is passed on as it was before", async () => {
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

  test("an answer arrives piece by piece, as the API sends it (server-sent events)", async () => {
    const { promise: read, resolve: hasRead } = Promise.withResolvers<void>();
    handle = async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
      await read; // the second event is sent when the first one has arrived
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

  test("a request arrives piece by piece, as the browser sends it", async () => {
    const { promise: arrived, resolve: hasArrived } = Promise.withResolvers<string>();
    handle = async (request, response) => {
      const [first] = await once(request, "data");
      hasArrived("second"); // is sent when the first piece has arrived
      response.writeHead(200).end(`${first} ${await text(request)}`);
    };
    const headers = { "transfer-encoding": "chunked" };
    const response = await call("/files", { method: "POST", body: pieces("first", arrived), headers });
    expect(await response.text()).toBe("first second");
  });

  test("a visitor who leaves ends the call to the API", async () => {
    const { promise: closed, resolve: hasClosed } = Promise.withResolvers<void>();
    handle = (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
      response.on("close", () => hasClosed());
    };
    const response = await call("/events");
    await response.body?.cancel();
    await closed;
  });
});

describe("a redirect of the API", () => {
  test.each([301, 302, 303, 307, 308])(
    "with %i is not followed, and within the API translated",
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
    "to %s is not passed on, nor is its address",
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

  test("is none where it created something: its address is translated, or left out", async () => {
    const locations = [`${origin}/v1/orders/7`, "https://evil.example/7"];
    handle = (_, response) => void response.writeHead(201, { location: locations.shift() ?? "" }).end();
    const headers = [(await call()).headers, (await call()).headers];
    expect(headers.map((each) => each.get("location"))).toEqual(["/api/backend/orders/7", null]);
  });
});

describe("a request that is not of a page of this app", () => {
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
  ])("%j is refused with 403, whatever its method, and the session is not touched", async (headers) => {
    await logIn({ accessTokenExpiresAt: 1 });
    for (const method of ["GET", "POST", "DELETE"]) {
      expect((await call("/orders", { method, headers })).status, method).toBe(403);
    }
    expect([received, op.asked]).toEqual([[], []]);
  });

  test("that no browser makes sense of is let in by its session alone", async () => {
    const request = new Request("https://app.example.com/api/backend/x", { method: "POST" });
    expect((await proxy(request)).status).toBe(200);
  });
});

test.each(["/..%2f..%2fadmin", "/%252e%252e/admin", "/a%5c..%5cb", "/..;/admin", "/"])(
  "a path that could leave the API's base URL, %s, is refused with 400, and the API is not asked",
  async (path) => {
    expect((await call(path)).status).toBe(400);
    expect(received).toEqual([]);
  },
);

describe("an API that", () => {
  test("cannot be reached is answered 502 in JSON, without a word of it", async () => {
    await start({ BACKEND_PROXY_URL: await unusedOrigin() });
    await logIn();
    const response = await call();
    expect([response.status, await response.json()]).toEqual([502, { error: "The API cannot be reached" }]);
    expect(logged).toMatchObject([{ step: "backend", reason: "unreachable", code: "ECONNREFUSED" }]);
  });

  test("says nothing is answered 504 in JSON", async () => {
    shortenWait(5_000, 60);
    handle = () => undefined;
    const response = await call();
    expect([response.status, await response.json()]).toEqual([504, { error: "The API takes too long" }]);
    expect(logged).toMatchObject([{ step: "backend", reason: "timeout" }]);
  });

  test("falls silent in the middle of an answer breaks that off", async () => {
    shortenWait(60_000, 60);
    handle = (_, response) => void response.writeHead(200).write("begun");
    const response = await call();
    await expect(response.text()).rejects.toThrow();
  });

  test("sends a bit now and then may take any time", async () => {
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

  test("sends an endless answer is cut off", async () => {
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

describe("a request that", () => {
  test("says that it is too long is refused with 413, and the API is not asked", async () => {
    const headers = { "content-length": "10000001" };
    const response = await call("/files", { method: "POST", body: pieces("x"), headers });
    expect([response.status, received]).toEqual([413, []]);
  });

  test.each([
    ["a bearer token", async () => undefined],
    ["a bound one", async () => (await import("../auth/provider/index.ts")).createDpopKey({})], // part: fapi
  ])(
    "is longer than it may be is refused with 413 on the way, with %s",
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

  test("stops in the middle is ended with 408", async () => {
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
