import { getSettings } from "../settings.ts";
import type { Session } from "./session-data.ts";

/** The person behind a session, by the standard claims (OpenID Connect Core 5.1); null for what is not known. */
export interface User {
  readonly sub: string;
  /** "Anonymous" where the provider tells no name. */
  readonly name: string;
  readonly email: string | null;
  readonly email_verified: boolean | null;
  readonly preferred_username: string | null;
  readonly given_name: string | null;
  readonly family_name: string | null;
  /** A URL that a page may show: https, or from the provider's own origin. */
  readonly picture: string | null;
}

/**
 * The person behind a session. Userinfo goes before the ID token, being asked for later; a claim of a wrong type counts
 * as missing.
 */
export function toUser({ idTokenClaims, userinfo }: Pick<Session, "idTokenClaims" | "userinfo">): User {
  const told = [userinfo ?? {}, idTokenClaims];
  const first = <T>(read: (claim: unknown) => T | null, name: string): T | null =>
    told.map((claims) => read(claims[name])).find((value) => value !== null) ?? null;
  const emailSource = told.find(({ email }) => text(email) !== null);
  return {
    sub: String(idTokenClaims.sub),
    name: first(text, "name") ?? first(text, "nickname") ?? first(text, "preferred_username") ?? "Anonymous",
    email: first(text, "email"),
    email_verified: flag(emailSource?.email_verified),
    preferred_username: first(text, "preferred_username"),
    given_name: first(text, "given_name"),
    family_name: first(text, "family_name"),
    picture: first(pictureUrl, "picture"),
  };
}

function flag(claim: unknown): boolean | null {
  return typeof claim === "boolean" ? claim : null;
}

function text(claim: unknown): string | null {
  return typeof claim === "string" && claim.trim() !== "" ? claim : null;
}

function pictureUrl(claim: unknown): string | null {
  const url = typeof claim === "string" ? URL.parse(claim) : null;
  if (!url) return null;
  const fromProvider = url.protocol === "http:" && url.origin === new URL(getSettings().oidc.issuer).origin;
  return url.protocol === "https:" || fromProvider ? url.href : null;
}
