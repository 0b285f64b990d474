import { createRequire } from "node:module";
import path from "node:path";
import { withoutDiscoveryPath } from "../../lib/settings-fields.ts";
import { SITE } from "../../lib/site.ts";
import { SettingError, toPort } from "../../scripts/command-line.mjs";
import { API_AUDIENCE, PUBLIC_CLIENT_ID } from "../provider/provider.ts";

export { brokerSettings } from "./broker.ts"; // part: broker

// A named `import` would fail: @next/env is a CommonJS module, and Node.js does not find its exports by name.
const { loadEnvConfig }: typeof import("@next/env") = createRequire(import.meta.url)("@next/env");

/** The command: `npm run dev`, or `npm run demo`, which runs the production build. */
export type Mode = "dev" | "demo";

/** Environment variables: names and values. */
export type Environment = Record<string, string | undefined>;

/** The servers to start, and their ports. */
export type Plan = Readonly<ReturnType<typeof makePlan>>;

/**
 * Reads the user's settings: the variables of this process and of the `.env` files, with the precedence that Next.js
 * gives them. Omits empty values.
 */
export function readEnvironment(root: string, mode: Mode): Environment {
  const { combinedEnv } = loadEnvConfig(root, mode === "dev", { info: () => {}, error: console.error });
  return Object.fromEntries(Object.entries(combinedEnv).filter(([, value]) => value?.trim()));
}

/** Decides which servers to start. @throws SettingError if a port is invalid, or two servers have the same port */
export function makePlan(environment: Environment) {
  const readPort = (name: string, otherwise: string) => toPort(name, environment[name] ?? otherwise);
  const appPort = readPort("PORT", "4040");
  const providerPort = environment.OIDC_ISSUER ? undefined : readPort("PROVIDER_PORT", "9090");
  const apiPort = environment.API_SERVER_URL ? undefined : readPort("MESSAGE_API_PORT", "6060");
  const ports = [appPort, providerPort, apiPort].filter((port) => port !== undefined);
  if (new Set(ports).size < ports.length) {
    throw new SettingError(`App, provider and message API need different ports, not ${ports.join(", ")}.`);
  }
  return {
    appPort,
    appBaseUrl: environment.APP_BASE_URL ?? `http://localhost:${appPort}`,
    /** Undefined if OIDC_ISSUER names the user's own provider. */
    providerPort,
    issuer: withoutDiscoveryPath(environment.OIDC_ISSUER?.trim() ?? `http://localhost:${providerPort}`),
    // part: remote-logout
    /** Where the provider sends logout tokens. Undefined without a session store: the app would reject the tokens. */
    backChannelLogoutUri:
      environment.SESSION_STORE_URL && `http://localhost:${appPort}/auth/backchannel-logout`,
    // end part: remote-logout
    /** Undefined if API_SERVER_URL names the user's own message API. */
    apiPort,
    apiUrl: environment.API_SERVER_URL ?? `http://localhost:${apiPort}`,
    /** The audience of the access tokens that the message API accepts. */
    audience: environment.OIDC_AUDIENCE ?? environment.OIDC_RESOURCE ?? API_AUDIENCE,
  };
}

/** The folder of local secrets and sessions. It is never committed or deployed, and a clean install deletes it. */
export function stateFolder(root: string): string {
  return path.join(root, "node_modules/.cache", SITE.id);
}

/** Returns variables for the app's environment: defaults of settings that the user has not set, and fixed variables. */
export function appEnvironment({
  mode,
  plan,
  environment,
  sessionSecret,
}: Readonly<{ mode: Mode; plan: Plan; environment: Environment; sessionSecret: string }>): NodeJS.ProcessEnv {
  const settings: Environment = {
    APP_BASE_URL: plan.appBaseUrl,
    SESSION_SECRET: sessionSecret,
    OIDC_ISSUER: plan.issuer,
    API_SERVER_URL: plan.apiUrl,
    BACKEND_PROXY_URL: plan.apiUrl, // part: backend-proxy
    // Only with the embedded provider: the user's own provider has another client id, and may not know the audience.
    ...(plan.providerPort && { OIDC_CLIENT_ID: PUBLIC_CLIENT_ID }),
    ...(plan.providerPort && !environment.OIDC_RESOURCE && { OIDC_AUDIENCE: API_AUDIENCE }),
    NEXT_TELEMETRY_DISABLED: "1",
  };
  return {
    ...Object.fromEntries(Object.entries(settings).filter(([name]) => !environment[name])),
    PORT: String(plan.appPort),
    HOSTNAME: "localhost",
    NODE_ENV: mode === "dev" ? "development" : "production",
    // Adds to the user's options. The limit is that of `scripts/start.mjs`, where a comment explains it.
    NODE_OPTIONS: `${environment.NODE_OPTIONS ?? ""} --max-http-header-size=40960`.trim(),
  };
}
