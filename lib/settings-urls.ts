import { z } from "zod";
import { excerpt } from "./settings-fields.ts";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The port in the URL of a server on a loopback address, `*.localhost` included (RFC 6761, 6.3); else nothing. */
export function loopbackPort(url: string): string {
  const { hostname, port } = new URL(url);
  return LOOPBACK.test(hostname) || hostname.endsWith(".localhost") ? port : "";
}

/** A setting that is an absolute http or https URL; it comes out as given, since providers compare it so. */
export function absoluteUrl(example: string) {
  return urlField(example, (url, complain, given) => {
    checkWebUrl(url, complain);
    return given;
  });
}

/** The setting of the redirect URI: as {@link absoluteUrl}, without a fragment (RFC 6749, 3.1.2). */
export function redirectUri(example: string) {
  return urlField(example, (url, complain, given) => {
    checkWebUrl(url, complain);
    checkFragment(given, complain);
    return given;
  });
}

/** A setting that names an API as a resource: an absolute URI of any scheme, without a fragment (RFC 8707, 2). */
export function resourceUri(example: string) {
  return urlField(example, (_url, complain, given) => {
    checkFragment(given, complain);
    return given;
  });
}

/** A setting that is the bare origin of an http or https server; the value comes out without a slash at its end. */
export function originUrl(example: string) {
  return urlField(example, (url, complain) => {
    checkWebUrl(url, complain);
    if (url.pathname !== "/" || url.search || url.hash)
      complain("must be an origin, without a path or a query");
    return url.origin;
  });
}

/** What people copy from a browser's address bar instead of the issuer (OpenID Connect Discovery 4, RFC 8414). */
const DISCOVERY_PATH = /\/\.well-known\/(openid-configuration|oauth-authorization-server)\/?$/;

/** The issuer, where its discovery document's address was given in its place; anything else as it was given. */
export function withoutDiscoveryPath(url: string): string {
  return url.replace(DISCOVERY_PATH, "");
}

/**
 * A setting that names the provider: https, except on a loopback address, without a query or fragment. But for the path
 * of the discovery document, the value comes out as it was given: an issuer is compared character by character (OpenID
 * Connect Core 2, `iss`).
 */
export function issuerUrl(example: string) {
  return urlField(example, (url, complain, given) => {
    checkProviderUrl(url, complain, given);
    if (url.search) complain("must not have a query");
    return withoutDiscoveryPath(given);
  });
}

/** A setting that names an endpoint of the provider: https, except on a loopback address, without a fragment. */
export function endpointUrl(example: string) {
  return urlField(example, (url, complain, given) => {
    checkProviderUrl(url, complain, given);
    return given;
  });
}

function checkProviderUrl(url: URL, complain: Complain, given: string): void {
  if (url.protocol !== "https:" && !isLoopbackHttp(url))
    complain("must be https (http only on a loopback address)");
  checkFragment(given, complain);
}

/** Whether a URL is plain http on this machine, the one place where that is safe. */
export function isLoopbackHttp({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && LOOPBACK.test(hostname);
}

function checkWebUrl(url: URL, complain: Complain): void {
  if (!/^https?:$/.test(url.protocol)) complain("must begin with https:// or http://");
}

/** An empty fragment is one, too: `URL.hash` does not show it. */
function checkFragment(given: string, complain: Complain): void {
  if (given.includes("#")) complain("must not have a fragment");
}

type Complain = (problem: string) => void;
type Check = (url: URL, complain: Complain, given: string) => string;

function urlField(example: string, check: Check) {
  return z.string({ error: `is missing. Example: ${example}` }).transform((value, context) => {
    const complain = (problem: string) =>
      context.addIssue(`is "${excerpt(value)}", but ${problem}. Example: ${example}`);
    if (!URL.canParse(value)) {
      complain("must be an absolute URL");
      return z.NEVER;
    }
    const url = new URL(value);
    if (url.username || url.password) complain("must not hold a user name or password");
    return check(url, complain, value);
  });
}
