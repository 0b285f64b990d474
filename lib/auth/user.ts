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
  const claims = { ...idTokenClaims, ...userinfo };
  const verified = claims.email_verified;
  return {
    sub: String(idTokenClaims.sub),
    name: text(claims.name) ?? text(claims.nickname) ?? text(claims.preferred_username) ?? "Anonymous",
    email: text(claims.email),
    email_verified: typeof verified === "boolean" ? verified : null,
    preferred_username: text(claims.preferred_username),
    given_name: text(claims.given_name),
    family_name: text(claims.family_name),
    picture: pictureUrl(claims.picture),
  };
}

function text(claim: unknown): string | null {
  return typeof claim === "string" && claim.trim() !== "" ? claim : null;
}

function pictureUrl(claim: unknown): string | null {
  if (typeof claim !== "string" || !URL.canParse(claim)) return null;
  const { protocol, origin, href } = new URL(claim);
  return protocol === "https:" || origin === new URL(getSettings().oidc.issuer).origin ? href : null;
}
