import type { JWK } from "jose";
import { startMessageApi } from "../message-api/message-api.ts";
import { startProvider } from "../provider/provider.ts";
import type { Plan } from "./environment.ts";

/** Something of ours that runs in this process. */
export interface Service {
  stop(): Promise<void>;
}

/**
 * Starts what the plan has of provider and message API.
 *
 * @throws Error when one of them cannot start; none is left running then
 */
export async function startServices(
  plan: Plan,
  options: { signingKeys: readonly JWK[]; allowProduction: boolean },
): Promise<Service[]> {
  const { issuer, audience, providerPort, apiPort, backChannelLogoutUri } = plan;
  const appBaseUrl = [...new Set([plan.appBaseUrl, `http://localhost:${plan.appPort}`])];
  const results = await Promise.allSettled([
    ...(providerPort
      ? [startProvider({ port: providerPort, appBaseUrl, backChannelLogoutUri, ...options })]
      : []),
    ...(apiPort ? [startMessageApi({ port: apiPort, issuer, audience, say: console.error })] : []),
  ]);
  const services = results.filter((result) => result.status === "fulfilled").map(({ value }) => value);
  const failure = results.find((result) => result.status === "rejected");
  if (failure) {
    await Promise.all(services.map((service) => service.stop()));
    throw failure.reason;
  }
  return services;
}
