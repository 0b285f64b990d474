import { connect } from "node:net";
import { getSettings } from "../../settings.ts";
import { sharedState } from "../../shared-state.ts";
import { fetchKeys, getProviderMetadata } from "./metadata.ts";

const CONNECT_TIMEOUT = 3; // seconds
const KEEP_OPEN = 1; // seconds; meanwhile, other logins reuse a successful check

/**
 * Checks that the provider is up before a browser is redirected to it. Connects to the token endpoint's host. If that
 * fails, fetches the keys, because HTTP may still work through a proxy. @throws LoginError if both fail
 */
export async function ensureProviderReachable(): Promise<void> {
  const state = sharedState<{ check?: Promise<void> }>("reachable", () => ({}));
  const forget = () => void delete state.check;
  // Parallel logins share one check, so many logins at once do not open many connections.
  state.check ??= check(forget).catch((error) => {
    forget();
    throw error;
  });
  return state.check;
}

async function check(onClose: () => void): Promise<void> {
  const { token_endpoint, jwks_uri } = await getProviderMetadata();
  if (await acceptsConnection(new URL(token_endpoint), onClose)) return;
  await fetchKeys(jwks_uri);
  onClose();
}

/** @param onClose called when an accepted connection is closed, by us or by a provider that shuts down */
function acceptsConnection({ hostname, protocol, port }: URL, onClose: () => void): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const host = hostname.replace(/^\[|\]$/g, ""); // without the brackets of an IPv6 address
  const socket = connect({ host, port: Number(port || (protocol === "https:" ? 443 : 80)) });
  const end = () => {
    socket.destroy();
    resolve(false); // has no effect after the connection was accepted
  };
  socket.setTimeout(Math.min(CONNECT_TIMEOUT, getSettings().oidc.timeout) * 1000, end);
  socket.once("error", end);
  socket.once("connect", () => {
    socket.setTimeout(KEEP_OPEN * 1000);
    socket.once("data", end); // a socket notices a close only while it reads; no data is expected
    socket.once("close", onClose).unref();
    resolve(true);
  });
  return promise;
}
