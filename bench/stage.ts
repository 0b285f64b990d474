import { type EmbeddedProvider, startProvider } from "../dev/provider.ts";
import { freePorts } from "../e2e/support/ports.ts";
import { type Deployment, deploy, type Place, redisUrl, temporarySqlite } from "./deployments.ts";
import { referenceEnvironment } from "./reference-environment.ts";
import { buildApp, buildReference, REFERENCES, type Reference, referenceFolder } from "./references.ts";
import { type Server, startReference } from "./server.ts";

/** What runs while something is measured: a provider, the app, and what is started beside them. */
export interface Stage {
  readonly provider: EmbeddedProvider;
  /** The app with its sessions in cookies. Whom the reference pages show has logged in here. */
  readonly cookies: Deployment;
  /** Starts the app with its sessions elsewhere, and logs somebody in. */
  deploy(place: Place): Promise<Deployment>;
  /** Starts a reference page. */
  reference(name: Reference): Promise<Server>;
  /** Ends all of it. */
  stop(): Promise<void>;
}

/**
 * Builds what is older than its sources.
 *
 * @param signal ends the builds
 * @param tell told what is under way
 */
export async function buildAll(signal: AbortSignal, tell: (what: string) => void): Promise<void> {
  tell("building the app");
  await buildApp(signal);
  tell("building the reference pages");
  for (const name of REFERENCES) await buildReference(name, signal);
}

/** Starts provider and app, from the builds of {@link buildAll}, on free ports. */
export async function setStage(): Promise<Stage> {
  const stops: (() => Promise<void>)[] = [];
  let isOver = false;
  const stop = async (): Promise<void> => {
    isOver = true;
    for (const each of stops.splice(0).reverse()) await each();
  };
  async function started<T>(starting: Promise<T>, stopping: (started: T) => Promise<void>): Promise<T> {
    const it = await starting;
    stops.push(() => stopping(it));
    if (isOver) await stop(); // nobody else ends what was still being started
    return it;
  }
  const [providerPort = 0, ...ports] = await freePorts(4);
  const appBaseUrl = ports.map((port) => `http://localhost:${port}`);
  try {
    const provider = await started(startProvider({ port: providerPort, appBaseUrl }), (it) => it.stop());
    const deployed = (sessionStoreUrl: string): Promise<Deployment> =>
      started(deploy({ port: ports.shift() ?? 0, provider, sessionStoreUrl }), ({ app }) => app.stop());
    const cookies = await deployed("");
    const env = await referenceEnvironment(cookies);
    return {
      provider,
      cookies,
      async deploy(place) {
        if (place === "Redis") return deployed(redisUrl() ?? "");
        const { url } = await started(temporarySqlite(), (it) => it.stop());
        return deployed(url);
      },
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
