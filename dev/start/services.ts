import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { JWK } from "jose";
import type { LoopbackServer } from "../loopback.ts";
import { startMessageApi } from "../message-api/message-api.ts";
import { createSigningKeys, startProvider } from "../provider/provider.ts";
import { type Plan, stateFolder } from "./environment.ts";

/**
 * Starts the embedded provider, the message API, or both: those that have a port in the plan.
 * @throws Error if one of them cannot start; the other is then stopped
 */
export async function startServices(
  plan: Plan,
  options: { signingKeys: readonly JWK[]; allowProduction: boolean },
): Promise<LoopbackServer[]> {
  const { issuer, audience, providerPort, apiPort } = plan;
  const appBaseUrl = [...new Set([plan.appBaseUrl, `http://localhost:${plan.appPort}`])];
  const provider = {
    ...options,
    appBaseUrl,
    faultSwitches: true,
    backChannelLogoutUri: plan.backChannelLogoutUri, // part: remote-logout
  };
  const services: LoopbackServer[] = [];
  try {
    if (providerPort) services.push(await startProvider({ ...provider, port: providerPort }));
    if (apiPort)
      services.push(await startMessageApi({ port: apiPort, issuer, audience, say: console.error }));
    return services;
  } catch (error) {
    await stopAll(services);
    throw error;
  }
}

export async function stopAll(services: readonly LoopbackServer[]): Promise<void> {
  await Promise.all(services.map((service) => service.stop()));
}

/** Stops the services when Ctrl-C or another signal ends this process. */
export function stopOnSignal(services: readonly LoopbackServer[]): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.once(signal, () => stopAll(services).then(() => process.exit(0)));
}

/**
 * Reads the secrets that an earlier start has stored, so that people stay logged in. If there are no secrets, creates
 * them, and stores them if the folder is writable.
 */
export async function loadLocalState(
  root: string,
): Promise<{ sessionSecret: string; signingKeys: readonly JWK[] }> {
  const file = path.join(stateFolder(root), "state.json");
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    const sessionSecret = randomBytes(32).toString("base64url");
    const state = { sessionSecret, signingKeys: await createSigningKeys() };
    await mkdir(path.dirname(file), { recursive: true })
      .then(() => writeFile(file, JSON.stringify(state), { mode: 0o600 }))
      .catch(() => {});
    return state;
  }
}
