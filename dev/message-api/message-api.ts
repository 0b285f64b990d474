import type { IncomingMessage, ServerResponse } from "node:http";
import { SITE } from "../../lib/site.ts";
import { LoopbackServer } from "../loopback.ts";
import { isRightfulSender } from "./dpop-proof.ts";
import { createTokenVerifier, ProviderUnavailableError, type TokenVerifier } from "./token-verifier.ts";

/** Where the message API listens, and which tokens it accepts. */
export interface MessageApiOptions {
  readonly port: number;
  /** The provider's issuer URL. A missing or extra trailing slash is accepted. */
  readonly issuer: string;
  /** Must be in the `aud` claim of an access token. */
  readonly audience: string;
  /** Prints a line when tokens cannot be verified; once for each reason, not for every request. */
  readonly say?: (line: string) => void;
}

interface Answer {
  readonly status: number;
  readonly body: { text: string } | { message: string };
  readonly headers?: Record<string, string>;
}

const MESSAGES = {
  public: "This is a public message.",
  protected: "This is a protected message.",
  admin: "This is an admin message.",
};

type MessageName = keyof typeof MESSAGES;

const ADMIN_PERMISSION = "read:admin-messages";
const REALM = `Bearer realm="${SITE.name} message API"`;

/** The message API: a small protected resource, as an app calls it with its access token. */
export class MessageApi extends LoopbackServer {
  /** Requests for each message since the start or the last `resetCounts()`. Rejected requests are included. */
  readonly counts: Record<MessageName, number> = { public: 0, protected: 0, admin: 0 };
  readonly url: string;
  readonly #verify: TokenVerifier;

  /** Use {@link startMessageApi}. */
  constructor(options: MessageApiOptions) {
    super(options.port);
    this.url = `http://localhost:${options.port}`;
    this.#verify = createTokenVerifier(options);
  }

  /** Resets the request counts to zero. */
  resetCounts(): void {
    Object.assign(this.counts, { public: 0, protected: 0, admin: 0 });
  }

  protected override async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body, headers } = await this.#answer(request);
    const json = JSON.stringify(body);
    response.writeHead(status, {
      "Content-Type": "application/json; charset=utf-8",
      "Content-Length": Buffer.byteLength(json),
      "Cache-Control": "no-store",
      ...headers,
    });
    response.end(request.method === "HEAD" ? undefined : json);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const name = messageName(request.url);
    if (!name) return { status: 404, body: { message: "Not found" } };
    if (request.method !== "GET" && request.method !== "HEAD") {
      return { status: 405, body: { message: "Method not allowed" }, headers: { Allow: "GET, HEAD" } };
    }
    this.counts[name] += 1;
    return (
      (name === "public" ? undefined : await this.#reject(name, request)) ?? {
        status: 200,
        body: { text: MESSAGES[name] },
      }
    );
  }

  /** The answer to a request that may not read this message (RFC 6750, section 3); undefined if it may. */
  async #reject(name: MessageName, request: IncomingMessage): Promise<Answer | undefined> {
    const [, scheme = "", token] = /^(Bearer|DPoP) +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    if (!token) return rejection(401, "Requires authentication", REALM);
    try {
      const verified = await this.#verify(token);
      if (!verified || !(await isRightfulSender(request, { ...verified, scheme, token, base: this.url }))) {
        return rejection(401, "Bad credentials", `${REALM}, error="invalid_token"`);
      }
      const { permissions } = verified;
      if (name !== "admin" || permissions.includes(ADMIN_PERMISSION)) return undefined;
      return rejection(
        403,
        "Permission denied",
        `${REALM}, error="insufficient_scope", scope="${ADMIN_PERMISSION}"`,
      );
    } catch (error) {
      if (!(error instanceof ProviderUnavailableError)) throw error;
      const message = "The OpenID provider cannot be reached";
      return { status: 503, body: { message }, headers: { "Retry-After": "5" } };
    }
  }
}

/**
 * Starts the message API.
 *
 * @throws Error with the code `EADDRINUSE` when the port is in use
 */
export async function startMessageApi(options: MessageApiOptions): Promise<MessageApi> {
  const api = new MessageApi(options);
  await api.start();
  return api;
}

function messageName(url = "/"): MessageName | undefined {
  const [, name = ""] =
    /^\/api\/messages\/(\w+)$/.exec(URL.parse(url, "http://localhost")?.pathname ?? "") ?? [];
  return Object.hasOwn(MESSAGES, name) ? (name as MessageName) : undefined;
}

function rejection(status: number, text: string, challenge: string): Answer {
  return { status, body: { message: text }, headers: { "WWW-Authenticate": challenge } };
}
