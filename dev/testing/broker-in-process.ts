import { AsyncLocalStorage } from "node:async_hooks";
import { expect, vi } from "vitest";
import { freshProcess, reuseKeys, SHARED_STATE } from "./fresh-process.ts";
import { keepSessionsIn, type MemoryStore, STORE_URL } from "./memory-store.ts";
import type { ScriptedProvider } from "./scripted-provider.ts";

/** The BROKER_AUDIENCE of the tests. */
export const AUDIENCE = "https://app.example.com/api";
/** The redirect URI of the program that logs in through the broker in tests. */
export const REDIRECT_URI = "http://localhost:53100/callback";

const APP = "https://app.example.com";

/** Holds the shared state of the simulated server whose code is running. */
const running = new AsyncLocalStorage<{ state: unknown }>();

/** The body of a successful token response of the broker. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires: number;
  readonly refresh_expires: number;
  readonly [name: string]: unknown;
}

/** A response of the broker. `body` is the parsed JSON, or null if the response is not JSON. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown> | null;
}

type Form = Readonly<Record<string, string>>;

/** A server with the token broker, without HTTP. Several such servers can run at once, each with its own state. */
export class BrokerInProcess {
  broker!: typeof import("@/lib/auth/broker/index.ts");
  /** The log entries of the levels info, warn and error so far, each as JSON. */
  readonly logged: string[] = [];
  #op!: ScriptedProvider;
  readonly #process = { state: undefined };

  /** @param settings the app's settings, in addition to those that turn the broker on */
  static async start(
    op: ScriptedProvider,
    store: MemoryStore,
    settings: Readonly<Record<string, string | undefined>> = {},
  ): Promise<BrokerInProcess> {
    const server = new BrokerInProcess();
    server.#op = op;
    return server.run(async () => {
      const usual = { OIDC_ISSUER: op.issuer, SESSION_STORE_URL: STORE_URL, BROKER_AUDIENCE: AUDIENCE };
      freshProcess({ ...usual, ...settings });
      keepStatesApart();
      reuseKeys();
      keepSessionsIn(store);
      (await import("@/lib/settings.ts")).getSettings(); // now, before another server changes process.env
      server.broker = await import("@/lib/auth/broker/index.ts");
      const { log } = await import("@/lib/log.ts");
      const record = (...entry: unknown[]) => void server.logged.push(JSON.stringify(entry));
      for (const level of ["info", "warn", "error"] as const) vi.spyOn(log, level).mockImplementation(record);
      return server;
    });
  }

  /** Runs a function with the shared state of this server. */
  run<T>(work: () => T): T {
    return running.run(this.#process, work);
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answered> {
    return this.#answer(path, { headers });
  }

  /** @param form undefined for a request without a body */
  async post(path: string, form?: Form | string, headers: Record<string, string> = {}): Promise<Answered> {
    const body = form === undefined ? null : new URLSearchParams(form);
    return this.#answer(path, { method: "POST", headers, body });
  }

  /** Begins a login. @returns the URL of the provider that the broker redirects to */
  async begin(query: Form = {}): Promise<URL> {
    const asked = new URLSearchParams({ redirect_uri: REDIRECT_URI, offline_access: "true", ...query });
    const { status, headers, body } = await this.get(`login?${asked}`);
    expect(body).toBeNull();
    expect(status).toBe(302);
    return new URL(headers.get("location") ?? "");
  }

  /** Sends the provider's authorization response to the callback. The ID token contains the login's nonce. */
  async comeBack(atProvider: URL, answer: Form = { code: "the-code" }): Promise<Answered> {
    const { state = "", nonce } = Object.fromEntries(atProvider.searchParams);
    const path = `callback?${new URLSearchParams({ state, ...answer })}`;
    return this.#op.withNonce(nonce, () => this.get(path));
  }

  /** Runs the browser's part of a login. @returns the program's redirect URI with the authorization code */
  async authorize(query: Form = {}): Promise<URL> {
    const { status, headers } = await this.comeBack(await this.begin(query));
    expect(status).toBe(303);
    return new URL(headers.get("location") ?? "");
  }

  /** Exchanges a code for tokens. Like the client of py-oidc-auth, this sends the state as the PKCE verifier. */
  async redeem({ searchParams }: URL, changes: Form = {}): Promise<Answered> {
    const [code = "", state = ""] = ["code", "state"].map((name) => searchParams.get(name) ?? undefined);
    const form = { code, redirect_uri: REDIRECT_URI, code_verifier: state };
    return this.post("token", { ...form, grant_type: "authorization_code", ...changes });
  }

  /** Logs in with the authorization code flow. */
  async logIn(query: Form = {}): Promise<Tokens> {
    return tokensOf(await this.redeem(await this.authorize(query)));
  }

  /** Requests new tokens with a refresh token, as the client of py-oidc-auth does. */
  async refresh({ refresh_token }: Pick<Tokens, "refresh_token">): Promise<Answered> {
    return this.post("token", { "refresh-token": refresh_token });
  }

  /** Calls a guarded route with this token. @returns the status, and the caller's subject or the error */
  async whoCalls(token: string | null, init: RequestInit = {}, rule = {}): Promise<[number, unknown]> {
    const headers = new Headers(init.headers);
    if (token !== null) headers.set("authorization", `Bearer ${token}`);
    const route = this.broker.requireToken(rule, (_request, { sub }) => Response.json({ sub }));
    const response = await this.run(() => route(new Request(`${APP}/api/me`, { ...init, headers }), {}));
    const body = (await response.json()) as { sub?: unknown; error?: unknown };
    return [response.status, body.sub ?? body.error];
  }

  async #answer(path: string, init: RequestInit): Promise<Answered> {
    const request = new Request(`http://0.0.0.0:3000/auth/v2/${path}`, init);
    const params = Promise.resolve({ path: path.replace(/\?.*/, "").split("/") });
    const response = await this.run(() => this.broker.brokerRoute(request, { params }));
    const text = await response.text();
    const { status, headers } = response;
    const isJson = headers.get("content-type")?.startsWith("application/json");
    return { status, headers, text, body: isJson ? JSON.parse(text) : null };
  }
}

/** Returns the tokens in a response. The test fails if the response is an error. */
export function tokensOf({ status, body }: Answered): Tokens {
  expect({ status, error: body?.error_description }).toEqual({ status: 200, error: undefined });
  return body as unknown as Tokens;
}

/** Replaces the global variable of the shared state with a getter that gives each simulated server its own state. */
function keepStatesApart(): void {
  const outside: { state: unknown } = { state: undefined };
  Object.defineProperty(globalThis, SHARED_STATE, {
    configurable: true,
    get: () => (running.getStore() ?? outside).state,
    set: (value: unknown) => {
      (running.getStore() ?? outside).state = value;
    },
  });
}
