type Directive = `${"connect" | "font" | "frame" | "img" | "media" | "script" | "style" | "worker"}-src`;
type Sources = Readonly<Partial<Record<Directive, readonly string[]>>>;

/**
 * What your pages load from elsewhere. Add it here, and development and production both allow it:
 *
 *     "connect-src": ["https://api.example.com"], // fetch, WebSocket, EventSource
 *     "font-src": ["https://fonts.gstatic.com"],
 *     "frame-src": ["https://www.youtube-nocookie.com"],
 *     "style-src": ["https://fonts.googleapis.com"],
 *
 * `script-src` needs no hosts: `next/script` gives a script the nonce, and 'strict-dynamic' trusts what that script loads.
 * Hashes and 'wasm-unsafe-eval' have an effect there.
 */
const SOURCES: Sources = {};

/** What the headers depend on. */
interface Policy {
  /** Fresh for every answer; Next puts it on its own scripts. */
  readonly nonce: string;
  readonly https: boolean;
  /** Next's development overlay inserts style elements; scripts keep to their nonce even then. */
  readonly developmentTools: boolean;
  /** Origins of the provider: a log-out form ends there, and pictures may come from there. */
  readonly providerOrigins: readonly string[];
  /** Default: {@link SOURCES}. */
  readonly sources?: Sources;
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
 * come from any https origin, since profiles name theirs freely. Style attributes are allowed, because libraries that
 * animate or position need them; style elements are not, because one that somebody injects reaches the whole page.
 */
export function securityHeaders({
  nonce,
  https,
  developmentTools,
  providerOrigins,
  sources = SOURCES,
}: Policy): SecurityHeaders {
  const directives: Record<string, readonly string[]> = {
    "default-src": ["'self'"],
    "script-src": ["'self'", `'nonce-${nonce}'`, "'strict-dynamic'"],
    "style-src": ["'self'"],
    "style-src-attr": ["'unsafe-inline'"],
    "img-src": ["'self'", "data:", "https:", ...providerOrigins],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'", ...providerOrigins],
    "frame-ancestors": ["'none'"],
  };
  for (const [name, added] of Object.entries(sources)) {
    directives[name] = [...(directives[name] ?? ["'self'"]), ...added];
  }
  if (developmentTools) directives["style-src"] = [...(directives["style-src"] ?? []), "'unsafe-inline'"];
  const policy = Object.entries(directives).map(([name, values]) => `${name} ${values.join(" ")}`);
  return {
    "content-security-policy": policy.join("; "),
    ...CONSTANT_HEADERS,
    ...httpsHeaders(https),
  };
}
