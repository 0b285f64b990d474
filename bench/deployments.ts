import { mkdtemp, rm } from "node:fs/promises"; // part: store
import { tmpdir } from "node:os"; // part: store
import path from "node:path"; // part: store
import type { EmbeddedProvider } from "../dev/provider/provider.ts";
import { type AppSettings, appEnvironment, newSessionSecret } from "../e2e/support/app/environment.ts";
import { SITE } from "../lib/site.ts";
import { Visitor } from "./login.ts";
import { type Server, startApp } from "./server.ts";

/** A running app, and the session of a person who is logged in. */
export interface Deployment {
  readonly app: Server;
  /** The app's settings. */
  readonly env: NodeJS.ProcessEnv;
  /** The session cookies of a login. */
  readonly cookieHeader: string;
}

// part: store
/** The session stores that are measured. */
export type Place = "SQLite" | "Redis";
// end part: store

/** All apps of the bench share this secret, because the bench opens their cookies but reads its settings only once. */
const SESSION_SECRET = newSessionSecret();

/** Where an app listens, and its settings besides those of all apps. */
interface Plan {
  readonly port: number;
  readonly provider: EmbeddedProvider;
  readonly settings: AppSettings;
}

/** How long a session lasts, in seconds: one hour, because the bench does not delete its sessions from Redis. */
const SESSION_MAX_AGE = "3600";

// part: store
/** The URL of the Redis server, from the environment. */
export function redisUrl(): string | undefined {
  return process.env.BENCH_REDIS_URL || process.env.TEST_REDIS_URL || undefined;
}
// end part: store

// part: store
/** Creates a temporary folder for a SQLite database. `stop` deletes the folder. */
export async function temporarySqlite(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), "oidc-bench-"));
  return {
    url: `sqlite:${path.join(folder, "sessions.db")}`,
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}
// end part: store

/** Starts the app and logs a person in. */
export async function deploy({ port, provider, settings }: Plan): Promise<Deployment> {
  const url = `http://localhost:${port}`;
  const env = appEnvironment({
    APP_BASE_URL: url,
    SESSION_SECRET,
    SESSION_MAX_AGE,
    ...(settings.SESSION_STORE_URL && { BROKER_AUDIENCE: "https://programs.example.com" }), // part: broker
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: SITE.id,
    API_SERVER_URL: url, // the measured pages do not call the API
    ...settings,
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
