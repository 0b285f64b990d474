import { type Agent, type IncomingHttpHeaders, request } from "node:http";
import type { APIRequestContext } from "playwright/test";
import { SITE } from "../../../lib/site.ts";
import type { AppServer } from "../app/server.ts";

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface RawRequest {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
  /** The agent whose connections the request uses. The default is Node's global agent. */
  readonly agent?: Agent;
}

/**
 * Sends a request unchanged: the path is not normalised, any header may be set, no redirect is followed, and the only
 * cookies are those in `headers`.
 *
 * @param path the request target, in any form
 */
export function rawRequest(
  app: Pick<AppServer, "port">,
  path: string,
  options: RawRequest = {},
): Promise<RawAnswer> {
  const { method = "GET", headers = {}, body, agent } = options;
  return new Promise((resolve, reject) => {
    const target = { host: "localhost", port: app.port, path, method, headers, ...(agent && { agent }) };
    const sent = request(target, async (answer) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of answer) chunks.push(chunk as Buffer);
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
      } catch (error) {
        reject(error);
      }
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

/** Whether a cookie belongs to the app. The embedded provider also sets cookies for this host. */
export function isOurs(name: string): boolean {
  return name.startsWith(`${SITE.id}.`) || name.startsWith(`__Host-${SITE.id}.`);
}

/** Matches the name of a session cookie, or of one of its pieces. A `=` and the value may follow the name. */
export const SESSION_COOKIE = new RegExp(`^${SITE.id}\\.(\\d+\\.)?session(\\.\\d)?(?==|$)`);

/** The app's cookies as a `Cookie` header, without the count of recent logins. Later changes do not affect it. */
export async function cookieHeader(request: APIRequestContext): Promise<string> {
  const { cookies } = await request.storageState();
  return cookies
    .filter(({ name }) => isOurs(name) && !name.endsWith(".recent-logins"))
    .map(({ name, value }) => `${name}=${value}`)
    .join("; ");
}

/** The `Cookie` header with the cookies that a response sets. */
export function cookiesSetBy(answer: RawAnswer): string {
  const written = (answer.headers["set-cookie"] ?? []).filter((line) => !/max-age=0/i.test(line));
  return written.map((line) => line.slice(0, line.indexOf(";"))).join("; ");
}
