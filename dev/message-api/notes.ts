import type { IncomingMessage } from "node:http";
import { readForm } from "../loopback.ts";

const MAX_LENGTH = 200; // characters of a note
const MAX_PEOPLE = 1_000;

/** A note of each person, in memory until the API stops. */
export class Notes {
  readonly #bySub = new Map<string, string>();

  /** GET returns the person's note, which is empty at first. POST replaces it, by a form with `text`. */
  async answer(request: IncomingMessage, sub: string) {
    if (sub === "") return { status: 403, body: { message: "The token is of no person" } };
    if (request.method === "POST") {
      const text = (await readForm(request))?.get("text") ?? "";
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
