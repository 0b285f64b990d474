import { type EmbeddedProvider, startProvider } from "../dev/provider.ts";
import { freePorts } from "../e2e/support/ports.ts";
import { type Deployment, type Deployments, deploy, redisUrl, temporarySqlite } from "./deployments.ts";
import { referenceEnvironment } from "./reference-environment.ts";
import { buildApp, buildReference, type Reference } from "./references.ts";
import { type Server, startReference } from "./server.ts";

/** Everything that runs while it is measured. */
export interface Stage {
  readonly provider: EmbeddedProvider;
  readonly deployments: Deployments;
  readonly references: Readonly<Record<Reference, Server>>;
  /** Ends all of it. */
  stop(): Promise<void>;
}

/**
 * Builds what is older than its sources, starts it all on free ports, and logs somebody in to each deployment.
 *
 * @param signal ends the builds; what has been started ends with the promise's failure
 * @param tell told what is under way
 */
export async function setStage(signal: AbortSignal, tell: (what: string) => void): Promise<Stage> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  const started = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    stops.push(() => server.stop());
    signal.throwIfAborted();
    return server;
  };
  try {
    tell("building the app");
    await buildApp(signal);
    tell("building the reference pages");
    const folders = {
      bare: await buildReference("bare", signal),
      empty: await buildReference("empty", signal),
      opening: await buildReference("opening", signal),
    };
    tell("starting the servers");
    const [providerPort = 0, ...ports] = await freePorts(4);
    const appBaseUrl = ports.map((port) => `http://localhost:${port}`);
    const provider = await started(startProvider({ port: providerPort, appBaseUrl }));
    const deployed = async (sessionStoreUrl: string): Promise<Deployment> => {
      const deployment = await deploy({ port: ports.shift() ?? 0, provider, sessionStoreUrl });
      await started(Promise.resolve(deployment.app));
      return deployment;
    };
    const sqlite = await started(temporarySqlite());
    const redis = redisUrl();
    const deployments = {
      cookies: await deployed(""),
      SQLite: await deployed(sqlite.url),
      Redis: redis === undefined ? null : await deployed(redis),
    };
    const env = await referenceEnvironment(deployments.cookies);
    const references = {
      bare: await started(startReference(folders.bare, env)),
      empty: await started(startReference(folders.empty, env)),
      opening: await started(startReference(folders.opening, env)),
    };
    return { provider, deployments, references, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
