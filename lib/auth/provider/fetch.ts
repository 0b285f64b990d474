import { AsyncLocalStorage } from "node:async_hooks"; // part: broker
import { getSettings } from "../../settings.ts";

export const MAX_ANSWER = 1_000_000; // bytes; longer responses of the provider are rejected
const GATEWAY_ERRORS = [502, 503, 504]; // a proxy may send these while the provider restarts (RFC 9110, 15.6)

/** The user agent of the program that caused the request. It replaces the app's own user agent. */ // part: broker
export const onBehalfOf = new AsyncLocalStorage<string | undefined>(); // part: broker

/** Limits the response size. Repeats a failed GET once, because a GET uses up no code or token. @throws like fetch */
export async function fetchFromProvider(url: string, init: RequestInit): Promise<Response> {
  const { method = "GET" } = init;
  const headers = new Headers(init.headers);
  const agent = onBehalfOf.getStore(); // part: broker
  if (agent) headers.set("user-agent", agent); // part: broker
  const send = () => fetch(url, { ...init, headers, redirect: "manual", cache: "no-store" });
  if (method !== "GET" || headers.has("dpop")) return boundBody(await send(), MAX_ANSWER);
  const first = await send().catch(() => null);
  const isFine = first && (!GATEWAY_ERRORS.includes(first.status) || first.headers.has("retry-after"));
  if (isFine) return boundBody(first, MAX_ANSWER);
  await first?.body?.cancel();
  return boundBody(await send(), MAX_ANSWER);
}

export function providerTimeLimit(): AbortSignal {
  return AbortSignal.timeout(getSettings().oidc.timeout * 1000);
}

/** Parses a JSON object, and removes members that are null. Returns null if the text is not a JSON object. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? withoutNulls(value) : null;
  } catch {
    return null;
  }
}

/** Whether a value is a JSON object, not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Removes members that are null. The app treats null in the provider's JSON as absent. */
export function withoutNulls<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)) as T;
}

export class AnswerTooLongError extends Error {
  override readonly name = "AnswerTooLongError";
}

/** Reads the response's decompressed body. @throws AnswerTooLongError if the body is longer than `maxBytes` */
export async function boundBody(response: Response, maxBytes: number): Promise<Response> {
  if (!response.body) return response;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body.getReader(); // not `for await`, because the types of some projects do not allow it
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes += next.value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      throw new AnswerTooLongError(`the response is longer than ${maxBytes} bytes`);
    }
    chunks.push(next.value);
  }
  return new Response(bytes ? Buffer.concat(chunks) : null, response);
}
