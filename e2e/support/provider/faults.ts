import type { ServerResponse } from "node:http";
import { type Answer, type Intercept, send } from "../../../dev/loopback.ts";

/**
 * Answers every request to one path of a service with `answer`, e.g. an error. All other paths answer as usual.
 *
 * @param path the path of the request, without its query
 */
export function fault(path: string, answer: Answer): Intercept {
  return ({ url = "" }, response) => {
    if (url.replace(/\?.*/, "") !== path) return false;
    send(response, answer);
    return true;
  };
}

type Json = Record<string, unknown>;

/** Changes the JSON in a service's responses to requests for one path. */
export function altered(path: string, change: (body: Json) => Json | Promise<Json>): Intercept {
  return ({ url = "" }, response) => {
    if (url.replace(/\?.*/, "") !== path) return false;
    const end = response.end.bind(response) as (body: string) => ServerResponse;
    response.end = ((body: string | Buffer) => {
      void Promise.resolve(change(JSON.parse(String(body)))).then((changed) => {
        const text = JSON.stringify(changed);
        response.setHeader("content-length", Buffer.byteLength(text));
        end(text);
      });
      return response;
    }) as typeof response.end;
    return false;
  };
}
