import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { EmbeddedProvider } from "../dev/provider.ts";
import { appEnvironment, newSessionSecret } from "../e2e/support/app-environment.ts";
import { Visitor } from "./login.ts";
import { type Server, startApp } from "./server.ts";

/** The app as it runs, and somebody who is logged in to it. */
export interface Deployment {
  readonly app: Server;
  /** Its settings. */
  readonly env: NodeJS.ProcessEnv;
  /** The session cookies of a login. */
  readonly cookieHeader: string;
}

/** Where sessions can be kept, other than in cookies. */
export type Place = "SQLite" | "Redis";

/** The same in all heats: this process opens the cookies of each, and reads its settings once. */
const SESSION_SECRET = newSessionSecret();

/** Where a deployment is to listen, and where it is to keep its sessions: nothing for cookies. */
interface Plan {
  readonly port: number;
  readonly provider: EmbeddedProvider;
  readonly sessionStoreUrl: string;
}

/** In seconds: what is left of the bench in somebody's Redis is gone after an hour. */
const SESSION_MAX_AGE = "3600";

/** The Redis server that the environment names. */
export function redisUrl(): string | undefined {
  return process.env.BENCH_REDIS_URL || process.env.TEST_REDIS_URL || undefined;
}

/** A SQLite file of its own, and the end of it. */
export async function temporarySqlite(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), "hello-oidc-bench-"));
  return {
    url: `sqlite:${path.join(folder, "sessions.db")}`,
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Starts the app and logs somebody in. */
export async function deploy({ port, provider, sessionStoreUrl }: Plan): Promise<Deployment> {
  const url = `http://localhost:${port}`;
  const env = appEnvironment({
    APP_BASE_URL: url,
    SESSION_SECRET,
    SESSION_MAX_AGE,
    SESSION_STORE_URL: sessionStoreUrl,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: "hello-oidc",
    API_SERVER_URL: url, // no page that is measured asks the API
  });
  const app = await startApp(env, port);
  try {
    const visitor = new Visitor();
    await visitor.logIn(app.url);
    return { app, env, cookieHeader: visitor.cookieHeader(app.url) };
  } catch (error) {
    await app.stop();
    throw error;
  }
}
