import { log, quote } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { boundBody, isObject, type ProviderMetadata } from "../provider/index.ts";

/** Faults that the embedded provider can make in a browser's next login. A chosen fault occurs once. */
export interface Faults {
  readonly endpoint: string; // accepts a form with `fault` and `return_to`
  readonly faults: readonly { readonly id: string; readonly title: string }[];
}

const TIME_LIMIT = 2_000; // milliseconds
const MAX_ANSWER = 100_000; // bytes
const text = (value: unknown) => (typeof value === "string" ? value.slice(0, 100) : "");

/** The faults in the list at the provider's `faults_endpoint`. Null if there is no list, or it cannot be read. */
export async function getFaults({ issuer, faults_endpoint }: ProviderMetadata): Promise<Faults | null> {
  const endpoint = typeof faults_endpoint === "string" ? URL.parse(faults_endpoint) : null;
  if (!endpoint || endpoint.origin !== new URL(issuer).origin) return null;
  try {
    const signal = AbortSignal.timeout(TIME_LIMIT);
    const response = await fetch(endpoint, { signal, redirect: "error", cache: "no-store" });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const list: unknown = JSON.parse(await (await boundBody(response, MAX_ANSWER)).text());
    const faults = (Array.isArray(list) ? list : []).filter(isObject).slice(0, 100);
    return {
      endpoint: endpoint.href,
      faults: faults.map(({ id, title }) => ({ id: text(id), title: text(title) })),
    };
  } catch (error) {
    log.warn({ step: "inspector", reason: quote(error) }, "the provider's list of faults could not be read");
    return null;
  }
}

/** The absolute URL of a login. The provider redirects to it after the visitor has chosen a fault. */
export function loginUrl(path: string): string {
  return new URL(path, getSettings().appBaseUrl).href;
}
