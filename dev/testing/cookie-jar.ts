/** One `Set-Cookie`: what was written into a jar. */
export interface WrittenCookie {
  readonly name: string;
  readonly value: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A browser's cookies, as the app's jars show them: `Max-Age=0` takes a cookie away. */
export class FakeCookieJar {
  readonly cookies: Map<string, string>;
  /** Everything written, in order. */
  readonly written: WrittenCookie[] = [];

  constructor(cookies: Iterable<readonly [string, string]> = []) {
    this.cookies = new Map(cookies);
  }

  read = (name: string): string | undefined => this.cookies.get(name);

  names = (): string[] => [...this.cookies.keys()];

  write = (name: string, value: string, options: object): void => {
    this.written.push({ name, value, options: { ...options } });
    if ("maxAge" in options && options.maxAge === 0) this.cookies.delete(name);
    else this.cookies.set(name, value);
  };

  /** Another jar with the same cookies: a further request of the same browser. */
  copy(): FakeCookieJar {
    return new FakeCookieJar(this.cookies);
  }
}
