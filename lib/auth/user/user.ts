import { getSettings } from "../../settings.ts";
import type { Claims } from "../provider/index.ts";

/** The standard claims about a user (OpenID Connect Core 5.1). A missing or invalid claim is null. */
export interface StandardUser {
  readonly sub: string;
  readonly name: string; // the first visible name in the claims, or "Anonymous"
  readonly email: string | null;
  readonly email_verified: boolean | null;
  readonly preferred_username: string | null;
  readonly given_name: string | null;
  readonly family_name: string | null;
  readonly picture: string | null; // an image URL that a page may load: https, or on the provider's own origin
}

export type ClaimSources = { readonly idTokenClaims: Claims; readonly userinfo: Claims | null };

/** The argument of a hook: data about a session, without tokens. */
export interface HookEvent<Custom> {
  readonly user: StandardUser & Custom;
  readonly claims: Claims; // claims of the ID token and the userinfo, merged
  readonly sessionId: string;
  readonly signal: AbortSignal; // aborted when the hook exceeds its time limit
}

/** The hooks of lib/hooks.ts. */
export interface Hooks<Custom, Refusal> {
  onLogin?(event: HookEvent<Custom>): Refusal | undefined | Promise<Refusal | undefined>;
  onRefresh?(event: HookEvent<Custom>): unknown;
  onLogout?(event: HookEvent<Custom>): unknown;
}

/** Reads the standard claims. Userinfo takes precedence over the ID token. A claim of the wrong type is ignored. */
export function standardUser({ idTokenClaims, userinfo }: ClaimSources): StandardUser {
  const sources = [userinfo ?? {}, idTokenClaims];
  const first = (name: string, read = text) =>
    sources.map((claims) => read(claims[name])).find((value) => value !== null) ?? null;
  const email = first("email");
  const verified = sources.find((claims) => text(claims.email) !== null)?.email_verified;
  const preferred_username = first("preferred_username");
  const given_name = first("given_name");
  const family_name = first("family_name");
  const fullName = [given_name, family_name].filter((part) => part !== null).join(" ");
  const localPart = email?.replace(/@[^@]*$/, "");
  const names = [first("name"), fullName, preferred_username, first("nickname"), localPart];
  return {
    sub: String(idTokenClaims.sub),
    name: names.map(text).find((name) => name !== null) ?? "Anonymous",
    email,
    email_verified: flag(verified),
    preferred_username,
    given_name,
    family_name,
    picture: first("picture", pictureUrl),
  };
}

/** Matches a visible character: neither white space nor a character without a glyph, such as U+2800 (blank Braille). */
const VISIBLE = /[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

function text(claim: unknown): string | null {
  return typeof claim === "string" && VISIBLE.test(claim) ? claim : null;
}

function flag(claim: unknown): boolean | null {
  if (claim === true || claim === "true") return true; // Amazon Cognito sends a string
  return claim === false || claim === "false" ? false : null;
}

function pictureUrl(claim: unknown): string | null {
  const url = typeof claim === "string" ? URL.parse(claim) : null;
  if (!url) return null;
  const fromProvider = url.protocol === "http:" && url.origin === new URL(getSettings().oidc.issuer).origin;
  return url.protocol === "https:" || fromProvider ? url.href : null;
}
