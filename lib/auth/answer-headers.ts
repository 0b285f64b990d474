import { newNonce } from "../nonce.ts";
import { securityHeaders } from "../security-headers.ts";
import { getSettings } from "../settings.ts";
import { providerOrigins } from "./provider-origins.ts";

/** The security headers of one answer, with a nonce that no other has. */
export function newSecurityHeaders(): ReturnType<typeof securityHeaders> {
  return securityHeaders({ ...getSettings(), nonce: newNonce(), providerOrigins: providerOrigins() });
}
