import { expect } from "vitest";
import { FakeCookieJar } from "./cookie-jar.ts";
import { freshProcess } from "./fresh-process.ts";
import { openSession } from "./kept-sessions.ts";
import type { ScriptedProvider } from "./scripted-provider.ts";

type Lib = typeof import("@/lib/auth/login.ts") & typeof import("@/lib/auth/callback.ts");

const REQUEST_ID = "the-request";

/** Runs the app's login without a server, from the login link to the session. `start` loads the app's modules again. */
export class AppInProcess {
  /** The browser's cookies. The methods use them by default. */
  readonly jar = new FakeCookieJar();
  /** The warnings in the log so far. */
  readonly warnings: Readonly<Record<string, unknown>>[] = [];
  #op!: ScriptedProvider;
  #lib!: Lib;

  /** @param settings the app's settings, in addition to OIDC_ISSUER */
  static async start(op: ScriptedProvider, settings: Record<string, string> = {}): Promise<AppInProcess> {
    freshProcess({ OIDC_ISSUER: op.issuer, ...settings });
    const { log } = await import("@/lib/log.ts");
    const app = new AppInProcess();
    app.#op = op;
    app.#lib = { ...(await import("@/lib/auth/login.ts")), ...(await import("@/lib/auth/callback.ts")) };
    log.level = "silent";
    log.warn = (detail: unknown, message?: unknown) => {
      app.warnings.push({ ...Object(detail), message });
    };
    return app;
  }

  /** Begins a login. @returns the URL of the redirect: a URL of the provider, or the app's error page */
  async begin(query = "", jar = this.jar): Promise<URL> {
    const response = await this.#lib.beginLogin("login")(request(`/auth/login${query}`), jar, REQUEST_ID);
    expect(response.status).toBe(302);
    return new URL(response.headers.get("location") ?? "", "https://app.example.com");
  }

  /** Sends an authorization response to the callback. @returns the URL that the app redirects to */
  async finish(answer: Record<string, string>, jar = this.jar): Promise<string | null> {
    const path = `/auth/callback?${new URLSearchParams(answer)}`;
    const response = await this.#lib.finishLogin(request(path), jar, REQUEST_ID);
    expect(response.status).toBe(303);
    return response.headers.get("location");
  }

  /** Sends an authorization response to the callback as a form post. @returns the URL that the app redirects to */
  async finishByForm(answer: Record<string, string>): Promise<string | null> {
    const body = new URLSearchParams(answer).toString();
    const post = new Request("http://0.0.0.0:3000/auth/callback", { method: "POST", body });
    const onward = (await this.#lib.redirectFormPost(post)).headers.get("location") ?? "";
    return this.finish(Object.fromEntries(new URL(onward, "http://0.0.0.0:3000").searchParams));
  }

  /** Logs in. The ID token has the nonce of the login, unless the script sets another. @returns the last redirect */
  async logIn(query = ""): Promise<string | null> {
    const { searchParams } = await this.begin(query);
    const state = searchParams.get("state");
    if (state === null) return `/auth/error?reason=${searchParams.get("reason")}`;
    const answer = { code: "the-code", state };
    const byForm = searchParams.get("response_mode") === "form_post";
    const finish = () => (byForm ? this.finishByForm(answer) : this.finish(answer));
    return this.#op.withNonce(searchParams.get("nonce"), finish);
  }

  /** Opens the session in the cookies of {@link jar}. */
  session() {
    return openSession(this.jar);
  }
}

/** Makes a request like that of a browser after a click on a page of the app. */
function request(path: string): Request {
  return new Request(`http://0.0.0.0:3000${path}`, { headers: { "sec-fetch-site": "same-origin" } });
}
