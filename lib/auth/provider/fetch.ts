import { boundBody } from "../../bounded-body.ts";
import { getSettings } from "../../settings.ts";

/** The longest answer that is read from the provider, in bytes. */
export const MAX_ANSWER = 1_000_000;

/** The provider is restarting, or its proxy cannot reach it (RFC 9110, 15.6). */
const GATEWAY_ERRORS = new Set([502, 503, 504]);

/**
 * Sends a request to the provider; no other function does. Redirects are not followed, nothing is cached, the length of
 * the answer is limited, and members that are null are removed from it. A request that cannot use anything up is sent a
 * second time after a broken connection or a gateway error; `signal` limits the time of both together.
 *
 * @throws what fetch throws, also when the body breaks off or is too long
 */
export async function fetchFromProvider(url: string, init: RequestInit): Promise<Response> {
  const send = () => fetch(url, { ...init, redirect: "manual", cache: "no-store" });
  if (!isRepeatable(init)) return withoutNullMembers(await send());
  const first = await send().catch(() => null);
  if (first && !isWorthRepeating(first)) return withoutNullMembers(first);
  await first?.body?.cancel();
  return withoutNullMembers(await send());
}

/** The time limit of a request to the provider that starts now. */
export function providerTimeLimit(): AbortSignal {
  return AbortSignal.timeout(getSettings().oidc.timeout * 1000);
}

/** Parses a JSON object that the provider sent, without the members that are null; null for any other text. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? withoutNulls(value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Removes members that are null: in what the provider sends, they are treated as absent. */
export function withoutNulls<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)) as T;
}

async function withoutNullMembers(response: Response): Promise<Response> {
  const text = await boundBody(response, MAX_ANSWER).text();
  const answer = parseObject(text);
  return new Response(answer ? JSON.stringify(answer) : text || null, response);
}

/** A POST can use up a code or a refresh token; a proof of possession (RFC 9449) is valid for one request. */
function isRepeatable({ method = "GET", headers }: RequestInit): boolean {
  return method === "GET" && !new Headers(headers).has("dpop");
}

/** `Retry-After` asks not to come back earlier. */
function isWorthRepeating({ status, headers }: Response): boolean {
  return GATEWAY_ERRORS.has(status) && !headers.has("retry-after");
}
