import { connect } from "node:net";
import { getSettings } from "../settings.ts";
import { sharedState } from "../shared-state.ts";
import { getProviderMetadata } from "./provider.ts";
import { fetchKeys } from "./provider-keys.ts";

const CONNECT_TIMEOUT = 3; // seconds

/**
 * Sees that the provider is there before a visitor is sent to it: the browser's own page about a server that does not
 * answer helps nobody. A connection to the token endpoint's host is all it takes, no request; where none can be made,
 * a request to the key endpoint has the last word, since a proxy may stand between the app and the provider.
 *
 * @throws LoginError `provider_unavailable`
 */
export async function ensureProviderReachable(): Promise<void> {
  const state = sharedState<{ pending?: Promise<void> | undefined }>("reachable", () => ({}));
  // All who ask at the same time share one look: a flood of logins is no flood of connections.
  state.pending ??= checkReachable().finally(() => {
    state.pending = undefined;
  });
  return state.pending;
}

async function checkReachable(): Promise<void> {
  const { token_endpoint, jwks_uri } = await getProviderMetadata();
  if (token_endpoint === undefined || (await acceptsConnection(new URL(token_endpoint)))) return;
  if (jwks_uri !== undefined) await fetchKeys(jwks_uri);
}

function acceptsConnection({ hostname, protocol, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, ""); // of an IPv6 address
    const socket = connect({ host, port: Number(port || (protocol === "https:" ? 443 : 80)) });
    const settle = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    const limit = Math.min(CONNECT_TIMEOUT, getSettings().oidc.timeout);
    socket.setTimeout(limit * 1000, () => settle(false));
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}
