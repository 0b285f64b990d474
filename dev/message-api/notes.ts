import type { IncomingMessage } from "node:http";

const MAX_LENGTH = 200; // characters of a note
const MAX_BODY = 10_000; // bytes
const MAX_PEOPLE = 1_000;

/** A note of each person, in memory until the API stops. */
export class Notes {
  readonly #bySub = new Map<string, string>();

  /** GET returns the person's note, which is empty at first. POST replaces it, by a form with `text`. */
  async answer(request: IncomingMessage, sub: string) {
    if (sub === "") return { status: 403, body: { message: "The token is of no person" } };
    if (request.method === "POST") {
      const text = new URLSearchParams(await readBody(request)).get("text") ?? "";
      if (text.trim() === "" || text.length > MAX_LENGTH) {
        return { status: 400, body: { message: `"text" must have 1 to ${MAX_LENGTH} characters` } };
      }
      this.#bySub.delete(sub);
      this.#bySub.set(sub, text);
      const [oldest = sub] = this.#bySub.keys();
      if (this.#bySub.size > MAX_PEOPLE) this.#bySub.delete(oldest);
    }
    return { status: 200, body: { text: this.#bySub.get(sub) ?? "" } };
  }
}

/** Empty if it is too long for a note. It is read to its end, or the connection would break. */
async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) if (body.length <= MAX_BODY) body += chunk;
  return body.length <= MAX_BODY ? body : "";
}
