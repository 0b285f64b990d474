import type { Intercept } from "../../dev/loopback.ts";
import { type MessageApi, startMessageApi } from "../../dev/message-api/message-api.ts";
import {
  API_AUDIENCE as AUDIENCE,
  PUBLIC_CLIENT_ID as CLIENT_ID,
  createClient,
  type EmbeddedProvider,
  startProvider,
} from "../../dev/provider/provider.ts";
import { type AppSettings, newSessionSecret } from "./app/environment.ts";
import { LogWatch } from "./app/log-watch.ts";
import { freePorts } from "./app/ports.ts";
import { type AppServer, startAppServer } from "./app/server.ts";
import type { ServerLog } from "./app/server-log.ts";
import { Secrets } from "./browser/secrets.ts";

export { AUDIENCE, CLIENT_ID };

// A test can start this many apps besides `stack.app`. The provider knows an address for each of them.
const EXTRA_APPS = 8;
// `takeAddress` can reserve this many addresses until the end of the worker.
const KEPT_ADDRESSES = 5;

/** An app with its provider and message API, each on its own port. */
export interface Stack {
  /** The production server, with the settings of a plain deployment. */
  readonly app: AppServer;
  /** The embedded provider, in this process: a test can stop it, count its requests and change its responses. */
  readonly provider: EmbeddedProvider;
  /** The message API, also in this process. */
  readonly api: MessageApi;
  /** The settings of `app`. */
  readonly settings: AppSettings;
  /** Values that must never appear outside the server. */
  readonly secrets: Secrets;
  /** Handles requests before the provider. Do not set `provider.intercept`: the stack uses it to collect tokens. */
  interceptProvider: Intercept | undefined;
  /**
   * Starts another app at an address that the provider knows. The app is stopped at the end of the test.
   *
   * @param settings returns the settings that differ from those of `app`; an empty value unsets a setting. It receives
   *   the address of this app, and the address of the app that will be started next
   * @param root the folder of a copy to start instead of the app itself
   * @throws AppStartError if the app ends before it answers, or does not answer in time
   */
  startApp(settings?: (url: string, next: string) => AppSettings, root?: string): Promise<AppServer>;
  /**
   * Reserves an address until the end of the worker, and returns settings for an app at this address. The app gets a
   * client of its own, and the provider sends logout tokens to the app.
   */
  takeAddress(): AppSettings & { readonly APP_BASE_URL: string };
  /** Makes `takeLogProblems` also check the log of an app that `startApp` has not started. */
  followLog(log: ServerLog): void;
  /** The output of the apps since the last call of `takeLogProblems`. */
  readonly recentLog: string;
  /** Finds uncaught errors and raw tokens that were logged since the last call. @param allowed errors to ignore */
  takeLogProblems(allowed: RegExp[]): Promise<string[]>;
  /** Stops the apps of `startApp`. Removes the faults and counts at the provider and the API, and starts both again. */
  reset(): Promise<void>;
  /** Stops `app`, the apps of `startApp`, the message API and the provider. */
  stop(): Promise<void>;
}

/** Starts a stack on free ports. */
export async function startStack(): Promise<Stack> {
  const ports = await freePorts(3 + EXTRA_APPS + KEPT_ADDRESSES);
  const [providerPort = 0, apiPort = 0, appPort = 0, ...otherPorts] = ports;
  const [sparePorts, keptPorts] = [otherPorts.slice(0, EXTRA_APPS), otherPorts.slice(EXTRA_APPS)];
  const addresses = keptPorts.map((port) => ({
    id: `${CLIENT_ID}-${port}`,
    url: `http://localhost:${port}`,
  }));
  const secrets = new Secrets();
  const provider = await startProvider({
    port: providerPort,
    faultSwitches: true,
    appBaseUrl: [appPort, ...otherPorts].map((port) => `http://localhost:${port}`),
    clients: addresses.map(({ id, url }) =>
      createClient(id, [url], {
        backchannel_logout_uri: `${url}/auth/backchannel-logout`, // part: remote-logout
      }),
    ),
  });
  const { accessTokenTtl } = provider;
  const api = await startMessageApi({ port: apiPort, issuer: provider.issuer, audience: AUDIENCE });
  const settings: AppSettings = {
    APP_BASE_URL: `http://localhost:${appPort}`,
    SESSION_SECRET: newSessionSecret(),
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: CLIENT_ID,
    OIDC_AUDIENCE: AUDIENCE,
    API_SERVER_URL: `http://localhost:${apiPort}`,
  };
  const app = await startAppServer(settings, appPort);
  const logs = new LogWatch(secrets);
  logs.follow(app.log);
  const extraApps: AppServer[] = [];
  const freeSpares = [...sparePorts];

  const stack: Stack = {
    app,
    provider,
    api,
    settings,
    secrets,
    interceptProvider: undefined,

    async startApp(changes = () => ({}), root) {
      const port = freeSpares.shift();
      if (port === undefined) throw new Error(`A test can start ${EXTRA_APPS} apps and no more.`);
      const [url, next] = [port, freeSpares[0]].map((each) => `http://localhost:${each}`) as [string, string];
      const extra = await startAppServer({ ...settings, APP_BASE_URL: url, ...changes(url, next) }, port, {
        ...(root && { root }),
      });
      extraApps.push(extra);
      logs.follow(extra.log);
      return extra;
    },

    takeAddress() {
      const address = addresses.shift();
      if (!address) throw new Error(`A worker can keep ${KEPT_ADDRESSES} addresses and no more.`);
      return { ...settings, APP_BASE_URL: address.url, OIDC_CLIENT_ID: address.id };
    },

    followLog: (log) => logs.follow(log),

    get recentLog() {
      return logs.recent;
    },

    takeLogProblems: (allowed) => logs.take(allowed),

    async reset() {
      for (const extra of extraApps.splice(0)) await extra.stop();
      freeSpares.splice(0, freeSpares.length, ...sparePorts);
      stack.interceptProvider = undefined;
      provider.breakNextLogin(null);
      api.intercept = undefined;
      provider.accessTokenTtl = accessTokenTtl;
      await provider.start();
      await api.start();
      provider.resetCounts();
      api.resetCounts();
    },

    async stop() {
      for (const each of [...extraApps, app]) await each.stop();
      await api.stop();
      await provider.stop();
    },
  };
  provider.intercept = async (request, response) => {
    secrets.addTokensOf(request, response);
    return (await stack.interceptProvider?.(request, response)) ?? false;
  };
  return stack;
}
