import { randomUUID } from "node:crypto";
import { FakeCookieJar } from "../dev/testing/cookie-jar.ts";

const MAX_STEPS = 10;

/** What a person submits at the provider, and on which page. */
type Entry = { readonly page: "login" | "signup"; readonly form: Readonly<Record<string, string>> };

/** The cookies of an origin, by name. */
type Cookies = Map<string, { readonly value: string; readonly path: string }>;

const ALICE: Entry = { page: "login", form: { email: "alice@example.com" } };

/** A minimal browser for logins. It keeps the cookies of each origin and follows redirects, but renders no pages. */
export class Visitor {
  readonly #cookies = new Map<string, Cookies>();
  readonly #entry: Entry;

  /** @param entry what to submit at the provider; by default, Alice logs in */
  constructor(entry: Entry = ALICE) {
    this.#entry = entry;
  }

  /** A visitor who signs up with a new account. */
  static newcomer(): Visitor {
    const email = `${randomUUID()}@example.com`;
    return new Visitor({ page: "signup", form: { name: "Newcomer", email } });
  }

  /**
   * Logs in with the requests that a browser would send, up to the redirect to `/profile`.
   *
   * @param appUrl where the app listens
   * @throws Error if the login does not lead to `/profile`
   */
  async logIn(appUrl: string): Promise<void> {
    await this.go(`${appUrl}/auth/login?returnTo=/profile`, `${appUrl}/profile`);
  }

  /**
   * Follows the redirects of a login, until one leads to a URL that begins with `target`.
   *
   * @param from the URL that starts the login
   * @returns the URL that begins with `target`, without requesting it
   * @throws Error if the redirects do not lead to such a URL
   */
  async go(from: string, target: string): Promise<string> {
    let location = from;
    for (let step = 0; step < MAX_STEPS; step += 1) {
      if (location.startsWith(target)) return location;
      location = await this.#follow(location);
    }
    throw new Error(
      `The login did not finish after ${MAX_STEPS} steps. The last was ${new URL(location).pathname}.`,
    );
  }

  /** The `Cookie` header for a URL. */
  cookieHeader(url: string): string {
    const { origin, pathname } = new URL(url);
    const cookies = [...(this.#cookies.get(origin) ?? [])].filter(([, { path }]) =>
      pathname.startsWith(path),
    );
    return cookies.map(([name, { value }]) => `${name}=${value}`).join("; ");
  }

  /** Requests a URL, or submits the form if the URL is one of the provider's pages. @returns the next URL */
  async #follow(url: string): Promise<string> {
    const isForm = new URL(url).pathname.startsWith("/interaction/");
    const { page, form } = this.#entry;
    const answer = await fetch(isForm ? `${url}/${page}` : url, {
      redirect: "manual",
      headers: { cookie: this.cookieHeader(url) },
      ...(isForm && { method: "POST", body: new URLSearchParams(form) }),
    });
    await answer.arrayBuffer();
    for (const line of answer.headers.getSetCookie()) this.#keep(url, line);
    const location = answer.headers.get("location");
    if (location === null) throw new Error(`The login stopped at ${url} with status ${answer.status}.`);
    return new URL(location, url).href;
  }

  #keep(url: string, line: string): void {
    const { origin } = new URL(url);
    const [pair = ""] = line.split(";");
    const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    const path = /; *path=([^;]*)/i.exec(line)?.[1] ?? "/";
    const cookies = this.#cookies.get(origin) ?? (new Map() as Cookies);
    this.#cookies.set(origin, cookies);
    if (value === "" || /max-age=0/i.test(line)) cookies.delete(name);
    else cookies.set(name, { value, path });
  }
}

/** Makes a cookie jar for the app's own code, with the cookies of a `Cookie` header. */
export function jarWith(cookieHeader: string): FakeCookieJar {
  const pairs = cookieHeader.split("; ").map((pair) => pair.split(/=(.*)/s, 2));
  return new FakeCookieJar(
    pairs.map(([name = "", value = ""]) => [name, decodeURIComponent(value)] as const),
  );
}
