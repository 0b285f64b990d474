import { randomFillSync } from "node:crypto";

type Directive = `${"connect" | "font" | "frame" | "img" | "media" | "script" | "style" | "worker"}-src`;
type Sources = Readonly<Partial<Record<Directive, readonly string[]>>>;

/**
 * Other sites that your pages load from, allowed in development and in production:
 *
 *     "connect-src": ["https://api.example.com"], // fetch, WebSocket, EventSource
 *     "font-src": ["https://fonts.gstatic.com"],
 *     "frame-src": ["https://www.youtube-nocookie.com"],
 *     "style-src": ["https://fonts.googleapis.com"],
 *
 * `script-src` needs no hosts: `next/script` adds the nonce to a script, and 'strict-dynamic' trusts what that script loads.
 * Only hashes and 'wasm-unsafe-eval' have an effect there.
 */
const SOURCES: Sources = {};

/** What the headers depend on. */
interface Policy {
  /** From {@link newNonce}, for one answer. Next.js adds it to its own scripts. */
  readonly nonce: string;
  readonly https: boolean;
  /** Allows the style elements that Next.js's development overlay inserts. Scripts need their nonce even then. */
  readonly developmentTools: boolean;
  /** Origins of the provider: the logout form redirects there, and pictures may come from there. */
  readonly providerOrigins: readonly string[];
  /** Default: {@link SOURCES}. */
  readonly sources?: Sources;
}

type SecurityHeaders = Record<string, string> & { readonly "content-security-policy": string };

/** The same in every answer. */
const CONSTANT_HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "cross-origin-opener-policy": "same-origin",
} as const;

/** For answers without a page, such as redirects: no nonce, and a constant policy. HSTS is in {@link httpsHeaders}. */
export const ROUTE_HEADERS = {
  ...CONSTANT_HEADERS,
  "content-security-policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
} as const;

const HSTS = `max-age=${365 * 86_400}`; // without includeSubDomains: other apps may run there

/** Headers of an app on https only. */
export function httpsHeaders(https: boolean): Record<string, string> {
  return https ? { "strict-transport-security": HSTS } : {};
}

/**
 * The security headers of a page.
 *
 * `form-action` names the provider because browsers apply it also to the redirects that follow a form. Pictures may come
 * from any https origin, because a profile may name any. Style attributes are allowed, because libraries use them for
 * animation and position. Style elements are not: an injected one could restyle the whole page.
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

const NONCE_LENGTH = 16; // bytes: Content Security Policy Level 3, section 7.1, asks for at least 128 bits

/** Random bytes for many nonces: drawing a few costs as much as drawing hundreds. */
const randomBytes = Buffer.alloc(256 * NONCE_LENGTH);
let used = randomBytes.length;

/** A nonce for the scripts of one answer. */
export function newNonce(): string {
  if (used === randomBytes.length) {
    randomFillSync(randomBytes);
    used = 0;
  }
  used += NONCE_LENGTH;
  return randomBytes.toString("base64", used - NONCE_LENGTH, used);
}
