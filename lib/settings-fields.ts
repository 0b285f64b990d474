import { z } from "zod";
import { parseClientKey } from "./client-key.ts";
import { parseStoreUrl } from "./store/store-url.ts";

const MIN_SECRET_LENGTH = 32;
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

/** `SESSION_SECRET`: one or several secrets, separated by commas. Comes out as the list of them. */
export function sessionSecrets() {
  const hint = "Make one with: openssl rand -base64 32";
  return z.string({ error: `is missing. ${hint}` }).transform((value, context) => {
    const secrets = value.split(",").map((secret) => secret.trim());
    for (const [index, { length }] of secrets.entries()) {
      if (length >= MIN_SECRET_LENGTH) continue;
      const which = secrets.length === 1 ? "has" : `has, as its secret number ${index + 1},`;
      context.addIssue(`${which} ${length} characters, but needs at least ${MIN_SECRET_LENGTH}. ${hint}`);
    }
    return secrets;
  });
}

/** `OIDC_CLIENT_PRIVATE_KEY`. It comes out as a key; a complaint says nothing of it. */
export function clientKey() {
  return z.string().transform((value, context) => {
    const key = parseClientKey(value);
    if (!("problem" in key)) return key;
    context.addIssue(key.problem);
    return z.NEVER;
  });
}

/** `SESSION_STORE_URL`. It comes out as given; a complaint says nothing of it but its scheme. */
export function storeUrl() {
  return z.string().superRefine((value, context) => {
    const address = parseStoreUrl(value);
    if ("problem" in address) context.addIssue(address.problem);
  });
}

/** What the app itself says in an authentication request; a setting that said it too would say it twice, or wrong. */
const OWN_PARAMETERS = new Set([
  "client_id",
  "redirect_uri",
  "response_type",
  "response_mode",
  "scope",
  "state",
  "nonce",
  "code_challenge",
  "code_challenge_method",
  "request",
  "request_uri",
]);

/** A setting that adds parameters to the authentication request, in the form of a query. */
export function requestParameters(fallback: string) {
  return z
    .string()
    .default(fallback)
    .transform((value, context) => {
      const parameters = [...new URLSearchParams(value === "none" ? "" : value)];
      for (const [name, text] of parameters) {
        if (OWN_PARAMETERS.has(name)) context.addIssue(`sets "${name}", which the app sets itself`);
        if (name === "max_age" && !/^\d{1,9}$/.test(text))
          context.addIssue(`has the max_age "${excerpt(text)}", which is no whole number of seconds`);
        if (!text) context.addIssue(`is "${excerpt(value)}", but must be name=value&name=value`);
      }
      return Object.fromEntries(parameters);
    });
}

/** A setting that is on or off. Off unless set. */
export function flag() {
  return z
    .enum(["true", "false"], { error: ({ input }) => `is "${excerpt(input)}", but must be true or false` })
    .transform((value) => value === "true")
    .default(false);
}

/** A setting that is a length of time: a whole number of seconds, at least 1 and at most `most`. */
export function seconds(fallback: number, most = 9_999_999_999) {
  return z
    .string()
    .regex(/^[1-9]\d{0,9}$/, {
      error: ({ input }) =>
        `is "${excerpt(input)}", which is no whole number of seconds. Example: ${fallback}`,
    })
    .transform(Number)
    .refine((value) => value <= most, {
      error: ({ input }) => `is "${excerpt(input)}", but must be at most ${most}. Example: ${fallback}`,
    })
    .default(fallback);
}

function checkProviderUrl(url: URL, complain: (problem: string) => void): void {
  const loopback = url.protocol === "http:" && LOOPBACK.test(url.hostname);
  if (url.protocol !== "https:" && !loopback) complain("must be https (http only on a loopback address)");
  if (url.hash) complain("must not have a fragment");
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

/** What was found, fit for a log: short, and without the credentials that a URL may carry. */
export function excerpt(value: unknown): string {
  return String(value).replace(/^.*@/s, "***@").slice(0, 100);
}
