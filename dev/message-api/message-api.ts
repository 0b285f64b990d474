import type { IncomingMessage, ServerResponse } from "node:http";
import { SITE } from "../../lib/site.ts";
import { LoopbackServer, readForm, send } from "../loopback.ts";
import { isRightfulSender } from "./dpop-proof.ts"; // part: fapi
import { createTokenVerifier, type VerifiedToken, type VerifierOptions } from "./token-verifier.ts";

/** Where the message API listens, and which tokens it accepts. */
type MessageApiOptions = VerifierOptions & { readonly port: number };

interface Answer {
  readonly status: number;
  readonly json: { text: string } | { message: string };
  readonly headers?: Record<string, string>;
}

type MessageName = "public" | "protected" | "admin";

const ADMIN_PERMISSION = "read:admin-messages";

const MAX_NOTE = 200; // characters
const MAX_PEOPLE = 1_000; // people with a note; beyond this limit, a new note deletes the oldest

/** A small API that the app calls with an access token. It returns messages, and stores one note for each person. */
export class MessageApi extends LoopbackServer {
  /** How many requests each message has had since the start or `resetCounts()`, even without a valid token. */
  readonly counts: Record<MessageName, number> = { public: 0, protected: 0, admin: 0 };
  readonly url: string;
  /** The notes by the `sub` of their writer, oldest first. */
  readonly #notes = new Map<string, string>();
  readonly #verify: ReturnType<typeof createTokenVerifier>;

  /** Use {@link startMessageApi} instead, which also starts the server. */
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
    const { headers, ...answer } = await this.#answer(request);
    send(response, { ...answer, headers: { "cache-control": "no-store", ...headers } });
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const path = URL.parse(request.url ?? "/", this.url)?.pathname ?? "";
    const isNote = path === "/api/note";
    const [, found] = /^\/api\/messages\/(public|protected|admin)$/.exec(path) ?? [];
    if (!found && !isNote) return { status: 404, json: { message: "Not found" } };
    const methods = ["GET", "HEAD", ...(isNote ? ["POST"] : [])];
    if (!methods.includes(request.method ?? "")) {
      return { status: 405, json: { message: "Method not allowed" }, headers: { Allow: methods.join(", ") } };
    }
    const name = found as MessageName | undefined;
    if (name) this.counts[name] += 1;
    const caller = name === "public" ? null : await this.#authenticate(request);
    if (caller && "status" in caller) return caller;
    if (isNote) return this.#note(request, caller?.sub ?? "");
    if (name === "admin" && !caller?.permissions.includes(ADMIN_PERMISSION))
      return rejection(403, "Permission denied", `error="insufficient_scope", scope="${ADMIN_PERMISSION}"`);
    const article = name === "admin" ? "an" : "a";
    return { status: 200, json: { text: `This is ${article} ${name} message.` } };
  }

  /** @returns the content of the access token; an error response if no valid token is found (RFC 6750, section 3) */
  async #authenticate(request: IncomingMessage): Promise<VerifiedToken | Answer> {
    const [, scheme = "", token] = /^(Bearer|DPoP) +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    if (!token) return rejection(401, "Requires authentication");
    const verified = await this.#verify(token);
    const rejected = rejection(401, "Bad credentials", 'error="invalid_token"');
    if (verified === "invalid") return rejected;
    if (verified === "unavailable") {
      const message = "The OpenID provider cannot be reached";
      return { status: 503, json: { message }, headers: { "Retry-After": "5" } };
    }
    let isRightful = /^Bearer$/i.test(scheme);
    const sent = { ...verified, scheme, token, base: this.url }; // part: fapi
    isRightful = await isRightfulSender(request, sent); // part: fapi
    return isRightful ? verified : rejected;
  }

  /** GET returns the person's note, which is empty at first. POST replaces the note with the form field `text`. */
  async #note(request: IncomingMessage, sub: string): Promise<Answer> {
    if (sub === "") return { status: 403, json: { message: "The access token does not belong to a person" } };
    if (request.method === "POST") {
      const text = (await readForm(request))?.get("text") ?? "";
      if (text.trim() === "" || text.length > MAX_NOTE)
        return { status: 400, json: { message: `"text" must have 1 to ${MAX_NOTE} characters` } };
      this.#notes.delete(sub);
      this.#notes.set(sub, text);
      const [oldest = sub] = this.#notes.keys();
      if (this.#notes.size > MAX_PEOPLE) this.#notes.delete(oldest);
    }
    return { status: 200, json: { text: this.#notes.get(sub) ?? "" } };
  }
}

/** Starts the message API. @throws Error with the code `EADDRINUSE` when the port is in use */
export async function startMessageApi(options: MessageApiOptions): Promise<MessageApi> {
  return new MessageApi(options).start();
}

function rejection(status: number, message: string, ...reason: string[]): Answer {
  const challenge = [`Bearer realm="${SITE.name} message API"`, ...reason].join(", ");
  return { status, json: { message }, headers: { "WWW-Authenticate": challenge } };
}
