import { boundBody } from "../../bounded-body.ts";
import { getSettings } from "../../settings.ts";
import { parseObject } from "./jwt.ts";

/** Bytes that an answer of the provider may have. */
export const MAX_ANSWER = 1_000_000;

/** Statuses of a provider that is just not there: behind its proxy, or while it restarts (RFC 9110, 15.6). */
const PASSING = new Set([502, 503, 504]);

/**
 * Makes every request to the provider. Redirects are not followed, nothing is cached, and the answer is bounded and has
 * no member that is null. A request that cannot spend anything twice is made a second time if the connection breaks or
 * the provider is not there; both together have the time that `signal` gives.
 *
 * @throws what fetch throws, also where the body breaks off or is too long
 */
export async function fetchFromProvider(url: string, init: RequestInit): Promise<Response> {
  const ask = () => fetch(url, { ...init, redirect: "manual", cache: "no-store" });
  const first = isRepeatable(init) ? await ask().catch(() => null) : await ask();
  if (first && !(isRepeatable(init) && isPassing(first))) return withoutNullMembers(first);
  await first?.body?.cancel();
  return withoutNullMembers(await ask());
}

async function withoutNullMembers(response: Response): Promise<Response> {
  const text = await boundBody(response, MAX_ANSWER).text();
  const answer = parseObject(text);
  return new Response(answer ? JSON.stringify(answer) : text || null, response);
}

/** The time that a request to the provider may take, from now on. */
export function providerTimeLimit(): AbortSignal {
  return AbortSignal.timeout(getSettings().oidc.timeout * 1000);
}

/** A code or a refresh token is spent by the first request that arrives, and so is a proof of possession (RFC 9449). */
function isRepeatable({ method = "GET", headers }: RequestInit): boolean {
  return method === "GET" && !new Headers(headers).has("dpop");
}

/** A provider that says when to come back is not asked before that. */
function isPassing({ status, headers }: Response): boolean {
  return PASSING.has(status) && !headers.has("retry-after");
}
