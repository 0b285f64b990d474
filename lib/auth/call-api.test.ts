import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { freshProcess } from "@/dev/testing/fresh-process.ts";
import { type Answerer, type LocalServer, startLocalServer } from "@/dev/testing/local-server.ts";
import { ScriptedProvider } from "@/dev/testing/scripted-provider.ts";

let op: ScriptedProvider;
let api: LocalServer;
let answer: Answerer;
let callApi: typeof import("./call-api.ts").callApi;
let createDpopKey: typeof import("./provider/index.ts").createDpopKey; // part: fapi

beforeAll(async () => {
  op = await ScriptedProvider.start();
  api = await startLocalServer((request) => answer(request));
});
afterAll(async () => {
  await op.close();
  await api.close();
});

beforeEach(async () => {
  api.requests.length = 0;
  answer = () => ({ json: { id: 1 } });
  freshProcess({ OIDC_ISSUER: op.issuer });
  ({ callApi } = await import("./call-api.ts"));
  ({ createDpopKey } = await import("./provider/index.ts")); // part: fapi
});

// part: fapi
/** The payload of a proof of possession (RFC 9449, 4.2). */
const proof = (header: unknown) =>
  JSON.parse(Buffer.from(String(header).split(".")[1] ?? "", "base64url").toString());
// end part: fapi

const SCHEMES = [
  "Bearer",
  "DPoP", // part: fapi
];

describe.each(SCHEMES)("callApi with a %s token", (scheme) => {
  async function call(path: string, request?: Parameters<typeof callApi>[2]) {
    const session = { accessToken: "the-token" };
    if (scheme === "DPoP") Object.assign(session, { dpopKey: await createDpopKey({ issuer: op.issuer }) }); // part: fapi
    return callApi(`${api.origin}${path}`, session, request);
  }

  test("callApi sends GET and asks for JSON by default", async () => {
    expect(await (await call("/orders")).json()).toEqual({ id: 1 });
    expect(api.requests).toMatchObject([
      { method: "GET", path: "/orders", body: "", headers: { accept: "application/json" } },
    ]);
  });

  test("callApi sends the caller's method, body and headers, but the session's token as authorization", async () => {
    const headers = {
      accept: "text/plain",
      authorization: "Basic b3RoZXI6cGFydHk=",
      "content-type": "application/json",
      "idempotency-key": "k-1",
    };
    const response = await call("/orders?a=1", { method: "post", body: '{"item":"tea"}', headers });
    expect(response.status).toBe(200);
    expect(api.requests).toMatchObject([
      {
        method: "POST",
        path: "/orders?a=1",
        body: '{"item":"tea"}',
        headers: { ...headers, authorization: `${scheme} the-token` },
      },
    ]);
    // part: fapi
    if (scheme === "DPoP") {
      expect(proof(api.requests[0]?.headers.dpop)).toMatchObject({
        htm: "POST",
        htu: `${api.origin}/orders`,
      });
    }
    // end part: fapi
  });

  test.each(["PUT", "PATCH", "patch", "DELETE"])(
    "callApi can send a form with the method %s",
    async (method) => {
      await call("/orders/1", { method, body: new URLSearchParams({ item: "tea & milk" }) });
      expect(api.requests).toMatchObject([
        {
          method: method.toUpperCase(),
          body: "item=tea+%26+milk",
          headers: { "content-type": "application/x-www-form-urlencoded;charset=UTF-8" },
        },
      ]);
    },
  );

  test.each([301, 302, 303, 307, 308])(
    "callApi does not follow a redirect with %i, so the token and the body go to the API only",
    async (status) => {
      const elsewhere = await startLocalServer(() => ({ json: {} }));
      answer = () => ({ status, headers: { location: `${elsewhere.origin}/orders` } });
      const response = await call("/orders", { method: "POST", body: "secret" });
      await elsewhere.close();
      expect(response.status).toBe(status);
      expect(elsewhere.requests).toEqual([]);
      expect(api.requests).toHaveLength(1);
    },
  );

  test("callApi waits for five seconds by default", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout");
    await call("/orders");
    expect(timeout).toHaveBeenCalledWith(5_000);
    timeout.mockRestore();
  });

  test("callApi gives up a POST when the caller's timeout is over", async () => {
    answer = () => "hang";
    const begun = Date.now();
    const outcome = await call("/orders", { method: "POST", body: "x", timeout: 40 }).catch((error) => error);
    expect(outcome).toMatchObject({ name: "TimeoutError" });
    expect(Date.now() - begun).toBeLessThan(4_000);
  });
});

// part: fapi
test("callApi sends a POST again, with its body, if the API asks for a nonce in the DPoP proof", async () => {
  answer = ({ headers }) =>
    proof(headers.dpop).nonce === "n-1"
      ? { status: 201, json: {} }
      : {
          status: 401,
          headers: { "dpop-nonce": "n-1", "www-authenticate": 'DPoP error="use_dpop_nonce"' },
        };
  const session = { accessToken: "the-token", dpopKey: await createDpopKey({ issuer: op.issuer }) };
  const body = new TextEncoder().encode("two bytes");
  const response = await callApi(`${api.origin}/orders`, session, { method: "POST", body });
  expect(response.status).toBe(201);
  expect(api.requests.map((request) => request.body)).toEqual(["two bytes", "two bytes"]);
});
// end part: fapi

test("callApi without a session sends no token, and keeps the caller's authorization header", async () => {
  await callApi(`${api.origin}/open`, null);
  await callApi(`${api.origin}/open`, null, { headers: [["authorization", "Basic b3RoZXI6cGFydHk="]] });
  expect(api.requests.map(({ headers }) => headers.authorization)).toEqual([
    undefined,
    "Basic b3RoZXI6cGFydHk=",
  ]);
});
