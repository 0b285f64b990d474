import { withoutDiscoveryPath } from "../../../lib/settings-fields.ts";
import { PROVIDERS } from "../presets/presets.ts";

const TIMEOUT = 3_000; // ms

/** Where an issuer has its discovery document (OpenID Connect Discovery 4). */
export function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

/**
 * Looks for the issuer that was meant: where its discovery document's address leads to, and at the same host, with less
 * or more of a path.
 *
 * @returns one that has a discovery document about itself; null where none is found
 */
export async function findIssuer(issuer: string, redirect: URL | null): Promise<string | null> {
  const target = redirect && /^https?:$/.test(redirect.protocol) ? [withoutDiscoveryPath(redirect.href)] : [];
  const found = await Promise.all([...target, ...candidates(issuer)].map(statesItself));
  return found.find((candidate) => candidate !== null) ?? null;
}

function candidates(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  const parents = path
    .split("/")
    .map((_, index, parts) => parts.slice(0, parts.length - index - 1).join("/"));
  const further = PROVIDERS.flatMap(({ issuerPaths }) => issuerPaths);
  // Keycloak had all its realms below /auth once, and may still.
  const realm = path.startsWith("/auth/realms/") ? path.slice("/auth".length) : `/auth${path}`;
  const paths = [
    ...further.map((more) => path + more),
    ...(/\/realms\//.test(path) ? [realm] : []),
    ...parents,
  ];
  return [...new Set(paths)]
    .filter((other) => other !== path)
    .slice(0, 10)
    .map((other) => origin + other);
}

async function statesItself(candidate: string): Promise<string | null> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT);
    const response = await fetch(discoveryUrl(candidate), { signal, redirect: "manual" });
    const { issuer } = Object(await response.json());
    return response.status === 200 && String(issuer).replace(/\/$/, "") === candidate ? candidate : null;
  } catch {
    return null;
  }
}
