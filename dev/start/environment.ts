import { createRequire } from "node:module";
import { withoutDiscoveryPath } from "../../lib/settings-fields.ts";
import { SettingError, toPort } from "../../scripts/command-line.mjs";
import { API_AUDIENCE, PUBLIC_CLIENT_ID } from "../provider/clients.ts";

// A CommonJS module whose exports Node.js cannot tell by name.
const { loadEnvConfig }: typeof import("@next/env") = createRequire(import.meta.url)("@next/env");

/** What `start.ts` runs: the app in development, or its production build. */
export type Mode = "dev" | "demo";

/** Environment variables. */
export type Environment = Record<string, string | undefined>;

/** What is to be started, and where. */
export interface Plan {
  readonly appPort: number;
  readonly appBaseUrl: string;
  /** Undefined when OIDC_ISSUER names a provider of the user's own. */
  readonly providerPort: number | undefined;
  readonly issuer: string;
  /** Where our provider sends logout tokens: undefined when the app has no session store to find sessions in. */
  readonly backChannelLogoutUri: string | undefined;
  /** Undefined when API_SERVER_URL names a message API of the user's own. */
  readonly apiPort: number | undefined;
  readonly apiUrl: string;
  /** Whose access tokens the message API takes. */
  readonly audience: string;
}

/**
 * The environment as the app will see it: that of this process, and the `.env` files in the order Next.js reads them.
 * An empty value counts as an absent one.
 */
export function readEnvironment(root: string, mode: Mode): Environment {
  const { combinedEnv } = loadEnvConfig(root, mode === "dev", { info: () => {}, error: console.error });
  return Object.fromEntries(Object.entries(combinedEnv).filter(([, value]) => value?.trim()));
}

/**
 * Works out what to start.
 *
 * @throws SettingError when a port is no port, or one port is to serve two things
 */
export function makePlan(environment: Environment): Plan {
  const appPort = readPort(environment, "PORT", 4040);
  const providerPort = environment.OIDC_ISSUER ? undefined : readPort(environment, "PROVIDER_PORT", 9090);
  const apiPort = environment.API_SERVER_URL ? undefined : readPort(environment, "MESSAGE_API_PORT", 6060);
  const ports = [appPort, providerPort, apiPort].filter((port) => port !== undefined);
  if (new Set(ports).size < ports.length) {
    throw new SettingError(`App, provider and message API need different ports, not ${ports.join(", ")}.`);
  }
  return {
    appPort,
    appBaseUrl: environment.APP_BASE_URL ?? `http://localhost:${appPort}`,
    providerPort,
    issuer: withoutDiscoveryPath(environment.OIDC_ISSUER?.trim() ?? `http://localhost:${providerPort}`),
    backChannelLogoutUri:
      environment.SESSION_STORE_URL && `http://localhost:${appPort}/auth/backchannel-logout`,
    apiPort,
    apiUrl: environment.API_SERVER_URL ?? `http://localhost:${apiPort}`,
    audience: environment.OIDC_AUDIENCE ?? environment.OIDC_RESOURCE ?? API_AUDIENCE,
  };
}

/**
 * What the app's process needs in its environment beyond what the user has set: none of the user's settings is
 * overridden.
 */
export function appEnvironment(options: {
  mode: Mode;
  plan: Plan;
  environment: Environment;
  sessionSecret: string;
}): NodeJS.ProcessEnv {
  const { mode, plan, environment, sessionSecret } = options;
  const settings: Environment = {
    APP_BASE_URL: plan.appBaseUrl,
    SESSION_SECRET: sessionSecret,
    OIDC_ISSUER: plan.issuer,
    API_SERVER_URL: plan.apiUrl,
    // A provider of the user's own has its own client id, and may not know the audience.
    ...(plan.providerPort && { OIDC_CLIENT_ID: PUBLIC_CLIENT_ID }),
    ...(plan.providerPort && !environment.OIDC_RESOURCE && { OIDC_AUDIENCE: API_AUDIENCE }),
    NEXT_TELEMETRY_DISABLED: "1",
  };
  return {
    ...Object.fromEntries(Object.entries(settings).filter(([name]) => !environment[name])),
    PORT: String(plan.appPort),
    HOSTNAME: "localhost",
    NODE_ENV: mode === "dev" ? "development" : "production",
    // As `scripts/start.mjs` has it, which says why.
    NODE_OPTIONS: `${environment.NODE_OPTIONS ?? ""} --max-http-header-size=40960`.trim(),
  };
}

function readPort(environment: Environment, name: string, otherwise: number): number {
  const value = environment[name];
  return value === undefined ? otherwise : toPort(name, value);
}
