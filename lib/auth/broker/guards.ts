import { getSettings } from "../../settings.ts";
import { missingRights, type Rights, rolesIn } from "../access/requirement.ts";
import { getSession, mayUseSession } from "../current-user.ts";
import { requestIdOf } from "../http.ts";
import { type Claims, decodeJwt } from "../provider/index.ts";
import type { Session } from "../session.ts";
import { type TokenClaims, verifyAccessToken } from "./access-token.ts";
import { errorAnswer, Refusal, toRefusal } from "./answers.ts";
import { personClaims } from "./claims.ts";

/** The scopes and roles that a route requires of its caller. */
export type TokenRule = Rights;

/** The person who makes a request, identified by an access token or by the browser's session. */
export interface Caller {
  readonly sub: string;
  /** This app, or the trusted issuer of the token. The same `sub` from another issuer may be another person. */
  readonly iss: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly preferred_username: string | null;
  readonly email: string | null;
  /** The verified claims of the token; null for a session. */
  readonly token: TokenClaims | null;
}

type Handler<Who, Context> = (
  request: Request,
  caller: Who,
  context: Context,
) => Response | Promise<Response>;
type Route<Context> = (request: Request, context: Context) => Promise<Response>;

/**
 * Wraps a route handler. The access token, or the browser's session, must satisfy the rule. Other callers get 401, or
 * 403 with the names of the missing scopes and roles (RFC 6750, 3).
 */
export function requireToken<Context>(rule: TokenRule, handle: Handler<Caller, Context>): Route<Context> {
  return async (request, context) => {
    const caller = await callerOf(request).catch((error: unknown) =>
      toRefusal(error, "token check", requestIdOf(request)),
    );
    if (caller instanceof Refusal) return errorAnswer(caller);
    if (caller === null) return unauthorized(request);
    const missing = missingRights(rule, caller);
    return missing ? forbidden(missing) : handle(request, caller, context);
  };
}

/**
 * Wraps a route handler that also serves anonymous callers. The handler gets null if there is no valid token or
 * session, if the store is unavailable, or if the caller's scopes and roles do not satisfy the rule.
 */
export function optionalToken<Context>(
  rule: TokenRule,
  handle: Handler<Caller | null, Context>,
): Route<Context> {
  return async (request, context) => {
    const caller = await callerOf(request).catch(() => null);
    return handle(request, caller && !missingRights(rule, caller) ? caller : null, context);
  };
}

/** The verified claims of the request's bearer token. Null without a valid token. @throws SessionsUnavailableError */
export async function bearerClaims({ headers }: Request): Promise<TokenClaims | null> {
  const token = bearerToken(headers);
  return token ? verifyAccessToken(token) : null;
}

/** The 401 response (RFC 6750, 3). Its `WWW-Authenticate` contains an error only if a token was sent. */
export function unauthorized({ headers }: Request): Response {
  const hasToken = bearerToken(headers) !== null;
  const description = hasToken
    ? "The access token is invalid or has expired."
    : "An access token is missing.";
  const challenge = hasToken ? `Bearer error="invalid_token", error_description="${description}"` : "Bearer";
  return errorAnswer(new Refusal(401, "invalid_token", description), { "www-authenticate": challenge });
}

/** Identifies the caller by the bearer token. Uses the browser's session only if the request has no token. */
async function callerOf(request: Request): Promise<Caller | null> {
  if (bearerToken(request.headers) === null) {
    const session = mayUseSession(request) ? await getSession() : null;
    return session && sessionCaller(session);
  }
  const claims = await bearerClaims(request);
  return claims && tokenCaller(claims);
}

/** The token after `Bearer`. Null if there are no credentials, or credentials of another scheme. */
function bearerToken(headers: Headers): string | null {
  return (
    /^Bearer(?: +(.*))?$/i
      .exec(headers.get("authorization") ?? "")
      ?.slice(1)
      .join("") ?? null
  );
}

function tokenCaller(token: TokenClaims): Caller {
  const { iss, sub, scope } = token;
  const roles = rolesIn([token], null); // OIDC_ROLES_CLAIM applies only to the provider's claims
  return { iss, sub, scopes: split(scope), roles, ...personOf(token), token };
}

function sessionCaller({ idTokenClaims, userinfo, accessToken, scope }: Session): Caller {
  const access = decodeJwt(accessToken)?.claims ?? {};
  const roles = rolesIn([idTokenClaims, userinfo ?? {}, access]); // ID token first: a refresh does not update userinfo
  const [sub, iss] = [String(idTokenClaims.sub), getSettings().appBaseUrl];
  return {
    iss,
    sub,
    scopes: split(scope),
    roles,
    ...personOf(userinfo ?? {}, idTokenClaims, access),
    token: null,
  };
}

function personOf(...sources: readonly Claims[]) {
  const { preferred_username = null, email = null } = personClaims(...sources);
  return { preferred_username, email };
}

function split(scope: unknown): string[] {
  return typeof scope === "string" ? scope.split(" ").filter(Boolean) : [];
}

type Missing = NonNullable<ReturnType<typeof missingRights>>;

function forbidden({ scopes, message }: Missing): Response {
  const scope = scopes.join(" ");
  const challenge = `Bearer error="insufficient_scope", error_description="${message}"`;
  return errorAnswer(
    new Refusal(403, "insufficient_scope", message),
    { "www-authenticate": scope ? `${challenge}, scope="${scope}"` : challenge },
    scope ? { scope } : {},
  );
}
