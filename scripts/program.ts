/**
 * `npm run program`: a small program for a terminal. It logs in through the app, calls the app's API, refreshes the
 * tokens and logs out. It uses only the app's public routes, so you can copy it as an example for your own program.
 *
 *   npm run program                          the browser brings the code to this program (authorization code with PKCE)
 *   npm run program -- --device              you enter a code at the provider, on any device (RFC 8628)
 *   npm run program -- --url http://…        the app; default APP_BASE_URL, or else http://localhost:PORT (4040)
 */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createInterface } from "node:readline/promises";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";

/** The app's answer to a token request. Times are Unix seconds. */
interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires: number;
  readonly scope: string;
}

/** The device authorization response (RFC 8628, 3.2). */
type DeviceLogin = Record<"device_code" | "user_code" | "verification_uri", string> & {
  readonly verification_uri_complete?: string;
  readonly interval: number;
};

const HEADERS = { "user-agent": "example-program/1.0" };

const { values } = parseArgs({ options: { device: { type: "boolean" }, url: { type: "string" } } });
const app = values.url ?? process.env.APP_BASE_URL ?? `http://localhost:${process.env.PORT ?? 4040}`;

try {
  await run(values.device ? logInByDevice : logInByCode);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function run(logIn: () => Promise<Tokens>): Promise<void> {
  let tokens = await logIn();
  const until = new Date(tokens.expires * 1000).toLocaleTimeString();
  console.log(`\nLogged in until ${until}, with the scopes ${tokens.scope}.`);
  console.log("GET /api/me:", await get("/api/me", tokens));
  tokens = await post("token", { grant_type: "refresh_token", refresh_token: tokens.refresh_token });
  console.log("GET /api/me with new tokens:", await get("/api/me", tokens));
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const question = `This program is listed at ${app}/programs. Press Enter to log it out. `;
  await Promise.race([terminal.question(question), once(terminal, "close")]);
  terminal.close();
  await fetch(`${app}/api/auth/v2/logout`, { headers: authorization(tokens), redirect: "manual" });
  console.log("Logged out.");
}

/** Shows the address of a login page, and waits for the browser to return to a port of this computer (RFC 8252). */
async function logInByCode(): Promise<Tokens> {
  const { valid_ports: ports } = await get<{ valid_ports: number[] }>("/api/auth/v2/auth-ports");
  const [server, port] = await listenOnOneOf(ports);
  const redirect_uri = `http://localhost:${port}/`;
  const state = randomBytes(16).toString("base64url");
  const code_verifier = randomBytes(32).toString("base64url");
  const code_challenge = createHash("sha256").update(code_verifier).digest("base64url");
  const challenge = { code_challenge, code_challenge_method: "S256" };
  const query = new URLSearchParams({ redirect_uri, state, ...challenge, offline_access: "true" });
  console.log(`Open this page in your browser:\n\n  ${app}/api/auth/v2/login?${query}\n`);
  const code = await codeFromBrowser(server, state);
  return post("token", { grant_type: "authorization_code", code, redirect_uri, code_verifier });
}

async function listenOnOneOf(ports: readonly number[]): Promise<[Server, number]> {
  for (const port of ports) {
    const server = createServer();
    const isListening = await new Promise((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "localhost", () => resolve(true));
    });
    if (isListening) return [server, port];
  }
  throw new Error(`Every port is in use: ${ports.join(", ")}`);
}

/** Waits until the browser brings the code, then redirects the browser to a page of the app that shows the result. */
function codeFromBrowser(server: Server, state: string): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    server.on("request", ({ url }, response) => {
      const answer = new URL(url ?? "/", "http://localhost").searchParams;
      if (answer.get("state") !== state) return response.writeHead(404).end(); // another request, perhaps for an icon
      const [code, error] = [answer.get("code"), answer.get("error")];
      // From another issuer (a mix-up attack): this app must not get a code of that issuer (RFC 9207, 2.4).
      if (answer.get("iss") !== new URL(app).origin) {
        response.writeHead(400, { connection: "close" }).end("This answer is from another app.\n");
        return reject(new Error(`The answer to the login is not from ${app}.`));
      }
      const location = `${app}/programs/connected${error ? `?${new URLSearchParams({ error })}` : ""}`;
      response.writeHead(303, { location, connection: "close" }).end();
      if (code) resolve(code);
      else reject(failure({ error, error_description: answer.get("error_description") }));
    });
  }).finally(() => server.close());
}

/** Shows a code, and polls until the person has confirmed the code, or the login fails (RFC 8628). */
async function logInByDevice(): Promise<Tokens> {
  const login = await post<DeviceLogin>("device", {});
  const page = login.verification_uri_complete ?? login.verification_uri;
  console.log(`Open this page in any browser:\n\n  ${page}\n\nThe code is ${login.user_code}.`);
  for (let { interval } = login; ; ) {
    await pause(interval * 1000);
    try {
      return await post("token", { device_code: login.device_code });
    } catch (error) {
      const { code } = error as { readonly code?: string };
      if (code === "slow_down") interval += 5;
      else if (code !== "authorization_pending") throw error;
    }
  }
}

async function post<Answer = Tokens>(route: string, form: Record<string, string>): Promise<Answer> {
  const request = { method: "POST", headers: HEADERS, body: new URLSearchParams(form) };
  return answerOf(await fetch(`${app}/api/auth/v2/${route}`, request));
}

async function get<Answer>(path: string, tokens?: Tokens): Promise<Answer> {
  return answerOf(await fetch(app + path, { headers: tokens ? authorization(tokens) : HEADERS }));
}

function authorization({ access_token }: Tokens): Record<string, string> {
  return { ...HEADERS, authorization: `Bearer ${access_token}` };
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  const answer = await response.json();
  if (response.ok) return answer;
  throw failure(answer);
}

/** Turns an error response (RFC 6749, 4.1.2.1, 5.2) into an `Error`. */
function failure({ error, error_description: text }: Record<string, string | null>): Error {
  return Object.assign(new Error(`${error}: ${text}`), { code: error });
}
