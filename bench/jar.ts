import { FakeCookieJar } from "../dev/testing/cookie-jar.ts";

/** A cookie jar for the app's code, with the cookies of a `Cookie` header. */
export function jarWith(cookieHeader: string): FakeCookieJar {
  const pairs = cookieHeader.split("; ").map((pair) => pair.split(/=(.*)/s, 2));
  return new FakeCookieJar(
    pairs.map(([name = "", value = ""]) => [name, decodeURIComponent(value)] as const),
  );
}
