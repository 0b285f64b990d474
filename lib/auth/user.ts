import { getSettings } from "../settings.ts";
import type { Session } from "./session.ts";

/** The person behind a session, by the standard claims (OpenID Connect Core 5.1); null for what is not known. */
export interface User {
  readonly sub: string;
  /** What to call the person: the best claim that is there, else "Anonymous". Never empty or invisible. */
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
  const email = first(text, "email");
  const preferred_username = first(text, "preferred_username");
  const given_name = first(text, "given_name");
  const family_name = first(text, "family_name");
  const fullName = [given_name, family_name].filter((part) => part !== null).join(" ");
  const localPart = email?.replace(/@[^@]*$/, "");
  const names = [first(text, "name"), fullName, preferred_username, first(text, "nickname"), localPart];
  return {
    sub: String(idTokenClaims.sub),
    name: names.map(text).find((name) => name !== null) ?? "Anonymous",
    email,
    email_verified: flag(emailSource?.email_verified),
    preferred_username,
    given_name,
    family_name,
    picture: first(pictureUrl, "picture"),
  };
}

/** A boolean, or the word for it: Amazon Cognito's userinfo has `"true"`. */
function flag(claim: unknown): boolean | null {
  if (claim === true || claim === "true") return true;
  return claim === false || claim === "false" ? false : null;
}

/** A character that can be seen: neither white space nor one that Unicode says to draw as nothing (U+2800 is blank, too). */
const VISIBLE = /[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

function text(claim: unknown): string | null {
  return typeof claim === "string" && VISIBLE.test(claim) ? claim : null;
}

function pictureUrl(claim: unknown): string | null {
  const url = typeof claim === "string" ? URL.parse(claim) : null;
  if (!url) return null;
  const fromProvider = url.protocol === "http:" && url.origin === new URL(getSettings().oidc.issuer).origin;
  return url.protocol === "https:" || fromProvider ? url.href : null;
}
