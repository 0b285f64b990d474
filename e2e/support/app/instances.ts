import { rawRequest } from "../browser/raw-request.ts";
import type { Stack } from "../stack.ts";
import type { AppSettings } from "./environment.ts";
import { type Nginx, startNginx } from "./nginx.ts";
import { freePorts } from "./ports.ts";
import { type AppServer, startAppServer } from "./server.ts";

/** Three apps with the same settings behind nginx. To visitors they look like one app. */
export interface Instances {
  /** The address of nginx, which is the `APP_BASE_URL` of all three apps. */
  readonly url: string;
  readonly port: number;
  readonly apps: readonly AppServer[];
  readonly nginx: Nginx;
  /** Restarts a stopped instance on the same port. */
  restart(index: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts three apps and nginx, which run until `stop()`. @param settings replace settings of `stack.app` */
export async function startInstances(stack: Stack, settings: AppSettings): Promise<Instances> {
  const address = stack.takeAddress();
  const port = Number(new URL(address.APP_BASE_URL).port);
  const appPorts = await freePorts(3);
  const start = async (appPort: number) => {
    const app = await startAppServer({ ...address, HOSTNAME: "127.0.0.1", ...settings }, appPort);
    stack.followLog(app.log);
    return app;
  };
  const apps = await Promise.all(appPorts.map(start));
  const nginx = await startNginx(port, appPorts);
  return {
    url: address.APP_BASE_URL,
    port,
    apps,
    nginx,
    async restart(index) {
      apps[index] = await start(appPorts[index] ?? 0);
    },
    async stop() {
      await Promise.all([nginx.stop(), ...apps.map((app) => app.stop())]);
    },
  };
}

/** Returns how many of the apps have served requests. @param since the line of nginx's log where counting begins */
export function servedBy(instances: Instances, since: number): number {
  return new Set(instances.nginx.served().slice(since)).size;
}

/** Requests `/auth/me` with these cookies directly from each of the three apps. @returns the three statuses */
export async function whoIsWhere(instances: Instances, cookie: string): Promise<number[]> {
  const answers = instances.apps.map((app) => rawRequest(app, "/auth/me", { headers: { cookie } }));
  return (await Promise.all(answers)).map(({ status }) => status);
}
