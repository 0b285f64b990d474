import { connect } from "node:net";
import { getSettings } from "../../settings.ts";
import { sharedState } from "../../shared-state.ts";
import { getProviderMetadata } from "./client.ts";
import { fetchKeys } from "./keys.ts";

const CONNECT_TIMEOUT = 3; // seconds

/** For how many seconds the connection is held: as long as it stands, the provider is there for other logins, too. */
const HELD_FOR = 1;

/**
 * Sees that the provider is there before a visitor is sent to it: the browser's own page about a server that does not
 * answer helps nobody. A connection to the token endpoint's host is all it takes, no request; where none can be made,
 * a request to the key endpoint has the last word, since a proxy may stand between the app and the provider.
 *
 * @throws LoginError `provider_unavailable`
 */
export async function ensureProviderReachable(): Promise<void> {
  const state = sharedState<{ look?: Promise<void> | undefined }>("reachable", () => ({}));
  const forget = () => {
    state.look = undefined;
  };
  // All who ask while it lasts share one look: a flood of logins is no flood of connections.
  state.look ??= look(forget).catch((error) => {
    forget();
    throw error;
  });
  return state.look;
}

async function look(onOver: () => void): Promise<void> {
  const { token_endpoint, jwks_uri } = await getProviderMetadata();
  if (token_endpoint !== undefined && (await acceptsConnection(new URL(token_endpoint), onOver))) return;
  if (token_endpoint !== undefined && jwks_uri !== undefined) await fetchKeys(jwks_uri);
  onOver();
}

/** @param onOver told when a connection that was accepted is closed: by us, or by a provider that goes down */
function acceptsConnection({ hostname, protocol, port }: URL, onOver: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, ""); // of an IPv6 address
    const socket = connect({ host, port: Number(port || (protocol === "https:" ? 443 : 80)) });
    const end = () => {
      socket.destroy();
      resolve(false); // changes nothing once the connection was accepted
    };
    const limit = Math.min(CONNECT_TIMEOUT, getSettings().oidc.timeout);
    socket.setTimeout(limit * 1000, end);
    socket.once("error", end);
    socket.once("connect", () => {
      socket.setTimeout(HELD_FOR * 1000);
      socket.once("data", end); // nothing was asked; and only a socket that is read from sees the other side's end
      socket.once("close", onOver).unref();
      resolve(true);
    });
  });
}
