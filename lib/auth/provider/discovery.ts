import { quote } from "../../log.ts";
import { isLoopbackHttp } from "../../settings-urls.ts";
import { LoginError } from "../errors.ts";
import { toLoginError } from "./errors.ts";

/** The fields of a discovery document that no login can do without. */
const NEEDED = ["authorization_endpoint", "token_endpoint", "jwks_uri"] as const;

/** Members of the metadata that requests are sent to, or people (OpenID Connect Discovery 3; RFC 8414, 2). */
const ENDPOINT = /^jwks_uri$|_endpoint$/;

interface IssuerMismatch {
  readonly code: "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED";
  readonly cause: { readonly expected: string; readonly body: { readonly issuer: string } };
}

/**
 * The issuer may be set with a slash too many or too few at its end; from here on it is what the document states.
 *
 * @param error what openid-client's discovery threw
 * @returns the discovery document, where a slash is all that is wrong with its issuer
 * @throws the same error otherwise
 */
export function forgiveSlash<T extends { issuer: string }>(error: unknown): T {
  if (isIssuerMismatch(error)) {
    const { expected, body } = error.cause;
    if (withoutSlash(body.issuer) === withoutSlash(expected)) return body as T;
  }
  throw error;
}

/** Signatures of ID tokens, and of userinfo where that is signed, as far as the provider does not say which. */
const ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];

/** The metadata, with what it leaves open filled in. */
export function withDefaults<T extends object>(metadata: T): T {
  return {
    id_token_signing_alg_values_supported: ALGORITHMS,
    userinfo_signing_alg_values_supported: ALGORITHMS,
    ...metadata,
  };
}

/** @throws LoginError `configuration` where the document lacks what a login needs, naming the settings that state it */
export function completeMetadata<T extends { [field in (typeof NEEDED)[number]]?: string | undefined }>(
  metadata: T,
): T {
  const missing = NEEDED.filter((field) => !metadata[field]);
  if (missing.length === 0) return metadata;
  const settings = missing.map((field) => `OIDC_${field.toUpperCase()}`).join(", ");
  const message = `the discovery document lacks ${missing.join(", ")}; state it with ${settings}`;
  throw new LoginError("configuration", message, { missing });
}

/**
 * Checks every endpoint where the metadata arrives, so that nothing later connects to what is no web server or sends a
 * secret in the clear: each is an https URL, or http on this machine if the settings name the provider so.
 *
 * @param allowHttp whether the settings themselves have an http URL of the provider, which is on this machine
 * @throws LoginError `configuration`; `detail.refused` has each endpoint that is not acceptable, quoted
 */
export function checkEndpoints<T extends object>(metadata: T, { allowHttp }: { allowHttp: boolean }): T {
  const isAcceptable = (value: unknown) => {
    const url = typeof value === "string" ? URL.parse(value) : null;
    return url !== null && (url.protocol === "https:" || (allowHttp && isLoopbackHttp(url)));
  };
  const refused = Object.entries(metadata)
    .filter(([name, value]) => ENDPOINT.test(name) && (value ?? "") !== "" && !isAcceptable(value))
    .map(([name, value]) => [name, quote(value)]);
  if (refused.length === 0) return metadata;
  const names = refused.map(([name]) => name).join(", ");
  throw new LoginError("configuration", `the discovery document has no https URL as ${names}`, {
    refused: Object.fromEntries(refused),
  });
}

/** A provider that answers, but with no usable document for this issuer, means that OIDC_ISSUER is wrong. */
export function toDiscoveryError(error: unknown, issuer: string): LoginError {
  const { reason, message, detail } = toLoginError(error, "discovery");
  if (reason === "provider_unavailable") return new LoginError(reason, message, { ...detail, issuer });
  const advice = reason === "configuration" ? "" : "; OIDC_ISSUER is wrong, or its discovery document is";
  return new LoginError("configuration", message + advice, { ...detail, issuer });
}

function isIssuerMismatch(error: unknown): error is IssuerMismatch {
  return (error as IssuerMismatch | undefined)?.code === "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED";
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, "");
}
