import { FakeCookieJar } from "../dev/testing/cookie-jar.ts";

/** The cookies of a `Cookie` header, as the app's code takes them. */
export function jarWith(cookieHeader: string): FakeCookieJar {
  const pairs = cookieHeader.split("; ").map((pair) => pair.split(/=(.*)/s, 2));
  return new FakeCookieJar(
    pairs.map(([name = "", value = ""]) => [name, decodeURIComponent(value)] as const),
  );
}
