import { dpopOptions } from "./dpop.ts";
import { withClient } from "./provider.ts";
import type { SessionData } from "./session-data.ts";

/** What of a session an API is shown. */
type Bearer = Pick<SessionData, "accessToken" | "dpopKey">;

/**
 * Asks an API with a session's access token: as a bearer token (RFC 6750), or with a proof of possession where it is
 * bound to a key (RFC 9449, 7).
 *
 * @param session null to ask without a token
 * @param timeout in ms
 * @returns the answer, whatever its status; a redirect is not followed, as an access token goes nowhere else
 * @throws what fetch throws
 */
export async function callApi(url: string, session: Bearer | null, timeout: number): Promise<Response> {
  const headers = new Headers({ accept: "application/json" });
  const init: RequestInit = { redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(timeout) };
  if (session?.dpopKey) return callWithProof(url, { headers, init, session });
  if (session) headers.set("authorization", `Bearer ${session.accessToken}`);
  return fetch(url, { ...init, headers });
}

interface Call {
  readonly headers: Headers;
  readonly init: RequestInit;
  readonly session: Bearer;
}

function callWithProof(url: string, { headers, init, session }: Call): Promise<Response> {
  const { accessToken, dpopKey = null } = session;
  return withClient(async (config, client) => {
    client.allowInsecureRequests(config); // where the API is, is the settings' business
    config[client.customFetch] = (address, options) => fetch(address, { ...options, ...init } as RequestInit);
    const options = await dpopOptions(dpopKey, config, client);
    return client.fetchProtectedResource(config, accessToken, new URL(url), "GET", null, headers, options);
  }).catch((error: unknown) => {
    const { response, cause } = Object(error) as { response?: unknown; cause?: unknown };
    if (response instanceof Response) return response;
    throw cause ?? error;
  });
}
