import { exportJWK, generateKeyPair } from "jose";
import { vi } from "vitest";
import type { Examination } from "../doctor/examine.ts";
import { PROVIDERS } from "../doctor/presets/presets.ts";
import { SESSION_SECRET } from "./doctor.ts";
import { ENVIRONMENT, freshProcess } from "./fresh-process.ts";

/** What a provider under its real address says; nothing is asked over the network. */
export type Answerer = (url: URL, init: RequestInit) => Response | undefined;

const { publicKey } = await generateKeyPair("RS256");
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "1", alg: "RS256", use: "sig" }] };

export const json = (status: number, body: object) => Response.json(body, { status });
export const page = (status: number, body: string) =>
  new Response(body, { status, headers: { "content-type": "text/html" } });
export const leadTo = (location: string) => new Response(null, { status: 302, headers: { location } });

/** Has this answer every request of the process, and a message API those it does not, until `vi.unstubAllGlobals()`. */
export function answerWith(answer: Answerer): void {
  vi.stubGlobal("fetch", async (input: string | URL, init: RequestInit = {}) => {
    const url = new URL(input);
    const response = answer(url, init);
    if (response) return response;
    if (url.pathname.endsWith("/public")) return Response.json({ text: "hello" });
    return url.pathname.endsWith("/protected") ? json(401, {}) : new Response("not found", { status: 404 });
  });
}

/** The usual answers: a discovery document with these fields, and keys. */
export function provider(issuer: string, metadata: Record<string, unknown>, others: Answerer): Answerer {
  const document = {
    issuer,
    jwks_uri: "https://keys.example.com/jwks",
    response_types_supported: ["code"],
    ...metadata,
  };
  return (url, init) => {
    if (url.href === `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`)
      return json(200, document);
    return url.pathname === "/jwks" ? json(200, jwks) : others(url, init);
  };
}

/** Examines the table's settings for a provider, with changes; undefined takes one away. */
export async function examineHosted(
  id: string,
  changes: Record<string, string | undefined> = {},
): Promise<Examination> {
  const preset = PROVIDERS.find((one) => one.id === id);
  const all = {
    ...ENVIRONMENT,
    SESSION_SECRET,
    ...preset?.settings,
    OIDC_CLIENT_ID: "the-client",
    OIDC_CLIENT_SECRET: "the-secret",
    ...changes,
  };
  freshProcess(all);
  const environment = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  const { examine } = await import("../doctor/examine.ts");
  return examine({
    mode: "production",
    files: [],
    unreadable: [],
    given: environment,
    environment,
    brought: { provider: false, api: false },
  });
}
