import { type EmbeddedProvider, startProvider } from "../dev/provider/provider.ts";
import type { AppSettings } from "../e2e/support/app/environment.ts";
import { freePorts } from "../e2e/support/app/ports.ts";
import {
  type Deployment,
  deploy,
  type Place, // part: store
  redisUrl, // part: store
  temporarySqlite, // part: store
} from "./deployments.ts";
import { referenceEnvironment } from "./reference-environment.ts";
import { buildApp, buildReference, REFERENCES, type Reference, referenceFolder } from "./references.ts";
import { type Server, startReference } from "./server.ts";

/** The servers that run during a measurement: a provider, the app, and more servers on demand. */
export interface Stage {
  readonly provider: EmbeddedProvider;
  /** The app with sessions in cookies, and the user whose session it is. All other pages show the same user. */
  readonly cookies: Deployment;
  /** Starts the app with a session store, and logs a person in. */ // part: store
  deploy(place: Place): Promise<Deployment>; // part: store
  /** Starts the server of a page that the app is compared with. */
  reference(name: Reference): Promise<Server>;
  /** Stops all servers. */
  stop(): Promise<void>;
}

/**
 * Builds the app, and the pages that it is compared with, if their builds are older than their sources.
 *
 * @param signal cancels the builds
 * @param report called with a description of each step
 */
export async function buildAll(signal: AbortSignal, report: (step: string) => void): Promise<void> {
  report("building the app");
  await buildApp(signal);
  report("building the reference pages");
  for (const name of REFERENCES) await buildReference(name, signal);
}

/** Every start uses the same ports: this process reads its settings once, and cookie names contain the app's port. */
let samePorts: Promise<number[]> | undefined;

/** Starts the provider and the app on free ports, from the builds of {@link buildAll}. */
export async function startStage(): Promise<Stage> {
  const stops: (() => Promise<void>)[] = [];
  let isOver = false;
  const stop = async (): Promise<void> => {
    isOver = true;
    for (const each of stops.splice(0).reverse()) await each();
  };
  async function started<T>(starting: Promise<T>, stopping: (started: T) => Promise<void>): Promise<T> {
    const it = await starting;
    stops.push(() => stopping(it));
    if (isOver) await stop(); // this server was still starting when the others were stopped
    return it;
  }
  samePorts ??= freePorts(4);
  const [providerPort = 0, ...ports] = await samePorts;
  const appBaseUrl = ports.map((port) => `http://localhost:${port}`);
  try {
    const provider = await started(startProvider({ port: providerPort, appBaseUrl }), (it) => it.stop());
    const deployed = (settings: AppSettings): Promise<Deployment> =>
      started(deploy({ port: ports.shift() ?? 0, provider, settings }), ({ app }) => app.stop());
    const cookies = await deployed({});
    const env = await referenceEnvironment(cookies);
    return {
      provider,
      cookies,
      // part: store
      async deploy(place) {
        if (place === "Redis") return deployed({ SESSION_STORE_URL: redisUrl() ?? "" });
        const { url } = await started(temporarySqlite(), (it) => it.stop());
        return deployed({ SESSION_STORE_URL: url });
      },
      // end part: store
      async reference(name) {
        return started(startReference(referenceFolder(name), env), (it) => it.stop());
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
