import { randomUUID } from "node:crypto";

const MAX_STEPS = 10;

/** What somebody enters at the provider: on its login page, or on that for newcomers. */
type Entry = { readonly page: "login" | "signup"; readonly form: Readonly<Record<string, string>> };

const ALICE: Entry = { page: "login", form: { email: "alice@example.com" } };

/** Somebody with a browser, as far as a login needs one: cookies by origin, and no page is drawn. */
export class Visitor {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly #entry: Entry;

  /** Alice, unless it is said otherwise. */
  constructor(entry: Entry = ALICE) {
    this.#entry = entry;
  }

  /** Somebody whom neither the app nor the provider has seen before. */
  static newcomer(): Visitor {
    const email = `${randomUUID()}@example.com`;
    return new Visitor({ page: "signup", form: { name: "Newcomer", email } });
  }

  /**
   * Logs in by the requests that a browser would make, up to the redirect to the page that the login was for.
   *
   * @param appUrl where the app listens
   * @throws Error where the login leads anywhere else
   */
  async logIn(appUrl: string): Promise<void> {
    let location = `${appUrl}/auth/login?returnTo=/profile`;
    for (let step = 0; step < MAX_STEPS; step += 1) {
      if (location === `${appUrl}/profile`) return;
      location = await this.#follow(location);
    }
    throw new Error(`The login did not come to an end; it got as far as ${new URL(location).pathname}.`);
  }

  /** The `Cookie` header for an origin. */
  cookieHeader(url: string): string {
    const cookies = this.#cookies.get(new URL(url).origin) ?? [];
    return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** Asks for a URL, or answers the provider's question who it is. @returns where that leads */
  async #follow(url: string): Promise<string> {
    const isQuestion = new URL(url).pathname.startsWith("/interaction/");
    const { page, form } = this.#entry;
    const answer = await fetch(isQuestion ? `${url}/${page}` : url, {
      redirect: "manual",
      headers: { cookie: this.cookieHeader(url) },
      ...(isQuestion && { method: "POST", body: new URLSearchParams(form) }),
    });
    await answer.arrayBuffer();
    for (const line of answer.headers.getSetCookie()) this.#keep(url, line);
    const location = answer.headers.get("location");
    if (location === null) throw new Error(`The login stopped at ${url} with ${answer.status}.`);
    return new URL(location, url).href;
  }

  #keep(url: string, line: string): void {
    const { origin } = new URL(url);
    const [pair = ""] = line.split(";");
    const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    const cookies = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, cookies);
    if (value === "" || /max-age=0/i.test(line)) cookies.delete(name);
    else cookies.set(name, value);
  }
}
