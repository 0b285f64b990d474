import { z } from "zod";
import { excerpt } from "./settings-fields.ts";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** A setting that is an absolute http or https URL; it comes out as given, since providers compare it so. */
export function absoluteUrl(example: string) {
  return urlField(example, (url, complain, given) => {
    if (!/^https?:$/.test(url.protocol)) complain("must begin with https:// or http://");
    return given;
  });
}

/** A setting that names an API as a resource: an absolute URI of any scheme, without a fragment (RFC 8707, 2). */
export function resourceUri(example: string) {
  return urlField(example, (url, complain, given) => {
    if (url.hash) complain("must not have a fragment");
    return given;
  });
}

/** A setting that is the bare origin of an http or https server; the value comes out without a slash at its end. */
export function originUrl(example: string) {
  return urlField(example, (url, complain) => {
    if (!/^https?:$/.test(url.protocol)) complain("must begin with https:// or http://");
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
    checkProviderUrl(url, complain);
    if (url.search) complain("must not have a query");
    return withoutDiscoveryPath(given);
  });
}

/** A setting that names an endpoint of the provider: https, except on a loopback address, without a fragment. */
export function endpointUrl(example: string) {
  return urlField(example, (url, complain, given) => {
    checkProviderUrl(url, complain);
    return given;
  });
}

function checkProviderUrl(url: URL, complain: (problem: string) => void): void {
  if (url.protocol !== "https:" && !isLoopbackHttp(url))
    complain("must be https (http only on a loopback address)");
  if (url.hash) complain("must not have a fragment");
}

/** Whether a URL is plain http on this machine, the one place where that is safe. */
export function isLoopbackHttp({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && LOOPBACK.test(hostname);
}

type Check = (url: URL, complain: (problem: string) => void, given: string) => string;

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
