import { type APIRequestContext, expect } from "playwright/test";
import type { AppServer } from "../app/server.ts";
import { ALICE } from "./people.ts";

/**
 * Goes through a whole login without a browser. The person must already be logged in at the provider, because this
 * function cannot fill in a login page.
 *
 * @param url where the login begins
 * @returns the URL at which the login ends: path and query if it belongs to the app, otherwise the whole URL
 */
export async function goThroughLogin(
  request: APIRequestContext,
  app: AppServer,
  url = "/auth/login",
): Promise<string> {
  const answer = await request.get(new URL(url, app.url).href);
  const { origin, pathname, search } = new URL(answer.url());
  return origin === app.url ? pathname + search : answer.url();
}

/**
 * Begins a login and gets the authorization response from the provider, but does not send it to the app.
 *
 * @returns the callback URL with the authorization response
 */
export async function providerAnswer(
  request: APIRequestContext,
  { url }: Pick<AppServer, "url">,
  query = "",
  email?: string,
): Promise<URL> {
  const begun = await request.get(`${url}/auth/login${query}`, { maxRedirects: 0 });
  return answerTo(request, new URL(begun.headers().location ?? ""), email);
}

/**
 * Gets the response to an authentication request. If nobody is logged in at the provider, a person logs in.
 *
 * @param email this person, who must not be logged in yet; by default Alice, or the person who is logged in
 */
export async function answerTo(
  request: APIRequestContext,
  authenticationRequest: URL,
  email?: string,
): Promise<URL> {
  const form = { email: email ?? ALICE.email };
  let hasTyped = false;
  let next = await request.get(authenticationRequest.href, { maxRedirects: 0 });
  for (let step = 0; step < 5; step += 1) {
    const to = new URL(next.headers().location ?? "", next.url());
    if (to.searchParams.has("state")) {
      expect(hasTyped || !email, "nobody else is logged in at the provider").toBe(true);
      return to;
    }
    const isPage = to.pathname.startsWith("/interaction/");
    hasTyped ||= isPage;
    next = isPage
      ? await request.post(`${to.href}/login`, { form, maxRedirects: 0 })
      : await request.get(to.href, { maxRedirects: 0 });
  }
  throw new Error("The provider did not answer the login.");
}

/** The name of the person who is logged in to the app, or null. */
export async function whoAmI(request: APIRequestContext, app: AppServer): Promise<string | null> {
  const answer = await request.get(`${app.url}/auth/me`, { maxRedirects: 0 });
  if (answer.status() === 401) return null;
  expect(answer.status()).toBe(200);
  return (await answer.json()).user.name;
}
