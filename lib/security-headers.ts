import { randomBytes } from "node:crypto"; // part: whole-app

// part: whole-app
type Directive = `${"connect" | "font" | "frame" | "img" | "media" | "script" | "style" | "worker"}-src`;
type Sources = Readonly<Partial<Record<Directive, readonly string[]>>>;

/**
 * Add the other sites from which your pages load something, even if only in development. For example:
 *
 *     "connect-src": ["https://api.example.com"], // fetch, WebSocket, EventSource
 *     "font-src": ["https://fonts.gstatic.com"],
 *     "frame-src": ["https://www.youtube-nocookie.com"],
 *     "style-src": ["https://fonts.googleapis.com"],
 *
 * `script-src` needs no hosts, because `next/script` adds the nonce to a script, and 'strict-dynamic' allows what this
 * script loads. Browsers ignore hosts in `script-src`, but not hashes and 'wasm-unsafe-eval'.
 */
const SOURCES: Sources = {};
// end part: whole-app

/** Security headers that have the same value in every response. */
export const CONSTANT_HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "cross-origin-opener-policy": "same-origin",
} as const;

/** Headers of responses without scripts, such as redirects. No nonce is necessary. {@link httpsHeaders} adds HSTS. */
export const ROUTE_HEADERS = {
  ...CONSTANT_HEADERS,
  "content-security-policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
} as const;

const HSTS = `max-age=${365 * 86_400}`; // without includeSubDomains, because subdomains may belong to other apps

/** Headers that the app sends only if its own URL is https. */
export function httpsHeaders(https: boolean): Record<string, string> {
  return https ? { "strict-transport-security": HSTS } : {};
}

// part: whole-app
interface Policy {
  readonly nonce?: string; // differs in each response; Next.js adds it to its own scripts
  readonly https: boolean;
  readonly developmentTools: boolean; // if true, allows style elements for Next.js's overlay. Scripts need a nonce
  readonly providerOrigins: readonly string[];
  readonly sources?: Sources;
}

/**
 * The security headers of a page. `form-action` lists the provider, because browsers also apply it to redirects after
 * a form is sent. Pictures may come from any https origin, because a user's picture may be on any host. Libraries need
 * style attributes, so these are allowed. Style elements are not: an injected element could restyle the whole page.
 */
export function securityHeaders(
  policy: Policy,
): Record<string, string> & { readonly "content-security-policy": string } {
  const { nonce = newNonce(), https, developmentTools, providerOrigins, sources = SOURCES } = policy;
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
  const values = Object.entries(directives).map(([name, list]) => `${name} ${list.join(" ")}`);
  return { "content-security-policy": values.join("; "), ...CONSTANT_HEADERS, ...httpsHeaders(https) };
}

/** Makes a nonce for the scripts of one page. It has 128 bits, as Content Security Policy Level 3, 7.1 recommends. */
export function newNonce(): string {
  return randomBytes(16).toString("base64");
}
// end part: whole-app
