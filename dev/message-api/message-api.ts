import type { IncomingMessage, ServerResponse } from "node:http";
import { SITE } from "../../lib/site.ts";
import { type Intercept, withIntercept } from "../start/intercept.ts";
import { type Listener, listenOnLoopback } from "../start/loopback.ts";
import { isRightfulSender } from "./dpop-proof.ts";
import { ProviderUnavailableError } from "./provider-keys.ts";
import { createTokenVerifier, type TokenVerifier } from "./token-verifier.ts";

/** Where the message API listens and whose tokens it takes. */
export interface MessageApiOptions {
  readonly port: number;
  /** The provider's issuer URL; a slash too many or too few at its end is forgiven. */
  readonly issuer: string;
  /** Must be in the `aud` claim of an access token. */
  readonly audience: string;
  /** Tells a person that tokens cannot be checked: once, not at every request. Without it nobody is told. */
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

/** The message API: a small protected resource, the kind of service that an app calls with its access token. */
export class MessageApi {
  intercept: Intercept | undefined;
  /** Requests for each message since the start or the last `resetCounts()`, refused ones included. */
  readonly counts: Record<MessageName, number> = { public: 0, protected: 0, admin: 0 };
  readonly url: string;
  readonly #port: number;
  readonly #verify: TokenVerifier;
  #listener: Listener | undefined;

  /** Made by `startMessageApi()`. */
  constructor(options: MessageApiOptions) {
    this.url = `http://localhost:${options.port}`;
    this.#port = options.port;
    this.#verify = createTokenVerifier(options);
  }

  /**
   * Listens, on the port it was made for.
   *
   * @throws Error with the code `EADDRINUSE` when the port is taken
   */
  async start(): Promise<void> {
    this.#listener ??= await listenOnLoopback(
      this.#port,
      withIntercept(
        (request, response) => this.#respond(request, response),
        () => this.intercept,
      ),
    );
  }

  /** Frees the port and cuts every connection. */
  async stop(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.close();
  }

  /** Starts counting anew. */
  resetCounts(): void {
    Object.assign(this.counts, { public: 0, protected: 0, admin: 0 });
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
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
    return (name === "public" ? undefined : await this.#refusal(name, request)) ?? message(name);
  }

  /** The answers of RFC 6750, section 3, to whoever may not read this message; undefined when they may. */
  async #refusal(name: MessageName, request: IncomingMessage): Promise<Answer | undefined> {
    const [, scheme = "", token] = /^(Bearer|DPoP) +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    if (!token) return refuse(401, "Requires authentication", REALM);
    try {
      const verified = await this.#verify(token);
      if (!verified || !(await isRightfulSender(request, { ...verified, scheme, token, base: this.url }))) {
        return refuse(401, "Bad credentials", `${REALM}, error="invalid_token"`);
      }
      const { permissions } = verified;
      if (name !== "admin" || permissions.includes(ADMIN_PERMISSION)) return undefined;
      return refuse(
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
 * @throws Error with the code `EADDRINUSE` when the port is taken
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

function message(name: MessageName): Answer {
  return { status: 200, body: { text: MESSAGES[name] } };
}

function refuse(status: number, text: string, challenge: string): Answer {
  return { status, body: { message: text }, headers: { "WWW-Authenticate": challenge } };
}
