/**
 * A browser's cookies, with the interface of the app's cookie jars. `Max-Age=0` deletes a cookie. A cookie is kept only
 * if its path is `/`, because a browser would not send other cookies to the login's routes.
 */
export class FakeCookieJar {
  readonly cookies: Map<string, string>;
  /** All cookies that were written, in order, including deletions: each is a `Set-Cookie` header. */
  readonly written: { name: string; value: string; options: Record<string, unknown> }[] = [];

  constructor(cookies: Iterable<readonly [string, string]> = []) {
    this.cookies = new Map(cookies);
  }

  read = (name: string): string | undefined => this.cookies.get(name);

  names = (): string[] => [...this.cookies.keys()];

  write = (name: string, value: string, options: object): void => {
    this.written.push({ name, value, options: { ...options } });
    if ("maxAge" in options && options.maxAge === 0) this.cookies.delete(name);
    else if (!("path" in options) || options.path === "/") this.cookies.set(name, value);
  };

  /** Another jar with the same cookies, for another request of the same browser. */
  copy(): FakeCookieJar {
    return new FakeCookieJar(this.cookies);
  }
}
