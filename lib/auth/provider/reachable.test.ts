import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test, vi } from "vitest";
import { freshProcess, startScriptedProvider } from "@/dev/testing/fresh-process.ts";

const CLOSED = "http://127.0.0.1:1/token"; // nothing listens on port 1

const op = await startScriptedProvider();

async function check(settings: Record<string, string> = {}): Promise<void> {
  freshProcess({ OIDC_ISSUER: op.issuer, ...settings });
  const { ensureProviderReachable } = await import("./reachable.ts");
  return ensureProviderReachable();
}

test("a provider that accepts a connection is reachable, and only its discovery document is requested", async () => {
  await expect(check()).resolves.toBeUndefined();
  expect(op.requestTo("/jwks")).toBeUndefined();
  expect(op.requestTo("/token")).toBeUndefined();
});

test("a provider behind a proxy, which refuses direct connections, is reachable if its keys can be fetched", async () => {
  op.metadata = { token_endpoint: CLOSED };
  await expect(check()).resolves.toBeUndefined();
  expect(op.requestTo("/jwks")).toBeDefined();
});

test("a provider is unreachable if it refuses connections and its keys cannot be fetched", async () => {
  op.metadata = { token_endpoint: CLOSED, jwks_uri: CLOSED };
  await expect(check()).rejects.toThrow("fetch failed");
});

test("a provider that works again is reachable for the next login", async () => {
  op.metadata = { token_endpoint: CLOSED, jwks_uri: CLOSED };
  freshProcess({ OIDC_ISSUER: op.issuer });
  const { ensureProviderReachable } = await import("./reachable.ts");
  await expect(ensureProviderReachable()).rejects.toThrow();
  op.metadata = {};
  vi.useFakeTimers({ now: Date.now() + 3_600_000, toFake: ["Date"] }); // the discovery document is fetched again
  await expect(ensureProviderReachable()).resolves.toBeUndefined();
  vi.useRealTimers();
});

test("no connection is made to an endpoint whose URL is not http or https", async () => {
  let connections = 0;
  const server = createServer(() => {
    connections += 1;
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  op.metadata = { token_endpoint: `gopher://127.0.0.1:${port}/token` };
  await expect(check()).rejects.toMatchObject({ reason: "configuration" });
  server.close();
  expect(connections).toBe(0);
});

test("logins share one connection, and notice that the provider is down after the connection closes", async () => {
  const connections: Socket[] = [];
  const server = createServer((socket) => connections.push(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  op.metadata = { token_endpoint: `http://127.0.0.1:${port}/token`, jwks_uri: CLOSED };
  freshProcess({ OIDC_ISSUER: op.issuer });
  const { ensureProviderReachable } = await import("./reachable.ts");
  await Promise.all([ensureProviderReachable(), ensureProviderReachable()]);
  await ensureProviderReachable();
  await vi.waitFor(() => expect(connections).toHaveLength(1));
  server.close();
  connections[0]?.destroy();
  await vi.waitFor(() => expect(ensureProviderReachable()).rejects.toThrow("fetch failed"));
  expect(connections).toHaveLength(1);
});
