/** What the headers depend on. */
interface Policy {
  /** Fresh for every answer; Next puts it on its own scripts. */
  readonly nonce: string;
  readonly https: boolean;
  /** Next's development overlay styles itself inline; scripts keep to their nonce even then. */
  readonly developmentTools: boolean;
  /** Origins of the provider: a log-out form ends there, and pictures may come from there. */
  readonly providerOrigins: readonly string[];
}

type SecurityHeaders = Record<string, string> & { readonly "content-security-policy": string };

/** What is the same in every answer. */
const CONSTANT_HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "cross-origin-opener-policy": "same-origin",
} as const;

/** The security headers of routes that the middleware leaves out: they answer with a redirect or a word, never a page. */
export const ROUTE_HEADERS = {
  ...CONSTANT_HEADERS,
  "content-security-policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
} as const;

const HSTS = `max-age=${365 * 86_400}`; // for this host alone: what its subdomains serve is not ours to say

/** What only an app on https demands of browsers. */
export function httpsHeaders(https: boolean): Record<string, string> {
  return https ? { "strict-transport-security": HSTS } : {};
}

/**
 * The security headers of every answer that passes the middleware.
 *
 * `form-action` names the provider because a browser applies it to the redirects that follow a form, too. Pictures may
 * come from any https origin, since profiles name theirs freely.
 */
export function securityHeaders({
  nonce,
  https,
  developmentTools,
  providerOrigins,
}: Policy): SecurityHeaders {
  const origins = providerOrigins.join(" ");
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'`,
    developmentTools ? "style-src 'self' 'unsafe-inline'" : "style-src 'self'",
    `img-src 'self' data: https: ${origins}`,
    "object-src 'none'",
    "base-uri 'none'",
    `form-action 'self' ${origins}`,
    "frame-ancestors 'none'",
  ];
  return {
    "content-security-policy": policy.join("; "),
    ...CONSTANT_HEADERS,
    ...httpsHeaders(https),
  };
}
