import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { JWK } from "jose";
import { startMessageApi } from "../message-api/message-api.ts";
import { createSigningKeys, type EmbeddedProvider, startProvider } from "../provider/provider.ts";
import { type Plan, stateFolder } from "./environment.ts";

/**
 * Starts the embedded provider, the message API, or both: those that have a port in the plan. They end with the process.
 * @returns the provider; undefined if the plan has no port for it
 */
export async function startServices(
  plan: Plan,
  options: { readonly signingKeys?: readonly JWK[]; readonly allowProduction?: boolean } = {},
): Promise<EmbeddedProvider | undefined> {
  const { issuer, audience, providerPort: port, apiPort } = plan;
  const appBaseUrl = [...new Set([plan.appBaseUrl, `http://localhost:${plan.appPort}`])];
  if (apiPort) await startMessageApi({ port: apiPort, issuer, audience, say: console.error });
  if (!port) return undefined;
  return startProvider({
    ...options,
    port,
    appBaseUrl,
    backChannelLogoutUri: plan.backChannelLogoutUri, // part: remote-logout
    faultSwitches: true,
  });
}

/** Ends this process, and its servers with it, at Ctrl-C or another signal. */
export function endOnSignal(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(0));
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
