import { ServerResponse } from "node:http";
import type { Intercept } from "../../../dev/loopback.ts";

/** A wrong response of a service, or what it does to the connection. */
export type Fault =
  | { readonly status: number; readonly json?: unknown; readonly html?: string; readonly location?: string }
  | "hangs"
  | "cuts the connection"
  | "stops in the middle of its answer";

/**
 * Makes one path of a service misbehave. All other paths answer as usual.
 *
 * @param path of the request, without its query
 */
export function fault(path: string, kind: Fault): Intercept {
  return ({ url = "" }, response) => {
    if (url.replace(/\?.*/, "") !== path) return false;
    misbehave(response, kind);
    return true;
  };
}

function misbehave(response: ServerResponse, kind: Fault): void {
  if (kind === "hangs") return;
  if (kind === "cuts the connection") return void response.destroy();
  if (kind === "stops in the middle of its answer") {
    response.writeHead(200, { "content-type": "application/json" });
    return void response.write('{"text": "This is a');
  }
  const { status, json, html = "", location } = kind;
  response.statusCode = status;
  response.setHeader("content-type", json === undefined ? "text/html" : "application/json");
  if (location !== undefined) response.setHeader("location", location);
  // The response's own `end` may be replaced by one that expects tokens.
  ServerResponse.prototype.end.call(response, json === undefined ? html : JSON.stringify(json), "utf8");
}

type Json = Record<string, unknown>;

/** Changes the JSON in a service's response. */
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
