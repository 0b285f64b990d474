/**
 * A browser's cookies, with the interface of the app's cookie jars. `Max-Age=0` deletes a cookie. The jar does not keep
 * a cookie with a path other than `/`, because a browser would send such a cookie only to some of the app's routes.
 */
export class FakeCookieJar {
  readonly cookies: Map<string, string>;
  /** The `Set-Cookie` headers so far, oldest first. Each sets or deletes a cookie. */
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

  /** Returns another jar with the same cookies, for another request of the same browser. */
  copy(): FakeCookieJar {
    return new FakeCookieJar(this.cookies);
  }
}
