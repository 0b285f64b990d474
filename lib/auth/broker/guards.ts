import { getSettings } from "../../settings.ts";
import { missingRights, type Rights, rolesIn } from "../access/requirement.ts";
import { getSession, mayUseSession } from "../current-user.ts";
import { requestIdOf } from "../http.ts";
import { type Claims, decodeJwt } from "../provider/index.ts";
import type { Session } from "../session.ts";
import { type TokenClaims, verifyAccessToken } from "./access-token.ts";
import { errorAnswer, Refusal, toRefusal } from "./answers.ts";
import { personClaims } from "./claims.ts";

/** What a route asks of its caller. */
export type TokenRule = Rights;

/** Who calls: by an access token, or by a session in the browser. */
export interface Caller {
  readonly sub: string;
  /** This app, or the trusted issuer of the token: the same `sub` at another issuer may be another person. */
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
 * A route handler for callers with an access token, or with a session in the browser, that satisfies the rule. Others get
 * 401, or 403 with the names of what is missing (RFC 6750, 3).
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
 * A route handler for everybody. The caller is null (anonymous) if the token is missing, bad or expired, or does not
 * satisfy the rule.
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

/** The verified claims of the request's bearer token; null without a valid one. @throws SessionsUnavailableError */
export async function bearerClaims({ headers }: Request): Promise<TokenClaims | null> {
  const token = bearerToken(headers);
  return token ? verifyAccessToken(token) : null;
}

/** The answer to a caller without a valid token (RFC 6750, 3). It names an error only if a token was sent. */
export function unauthorized({ headers }: Request): Response {
  const hasToken = bearerToken(headers) !== null;
  const description = hasToken
    ? "The access token is not valid, or has expired."
    : "An access token is missing.";
  const challenge = hasToken ? `Bearer error="invalid_token", error_description="${description}"` : "Bearer";
  return errorAnswer(new Refusal(401, "invalid_token", description), { "www-authenticate": challenge });
}

/** If `Authorization` has a bearer token, even a bad one, it decides. Otherwise the browser's session does. */
async function callerOf(request: Request): Promise<Caller | null> {
  if (bearerToken(request.headers) === null) {
    const session = mayUseSession(request) ? await getSession() : null;
    return session && sessionCaller(session);
  }
  const claims = await bearerClaims(request);
  return claims && tokenCaller(claims);
}

/** The text after `Bearer`; null for other credentials or none. */
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
  const roles = rolesIn([token], null); // the setting is about the provider's claims
  return { iss, sub, scopes: split(scope), roles, ...personOf(token), token };
}

function sessionCaller({ idTokenClaims, userinfo, accessToken, scope }: Session): Caller {
  const sources = [userinfo ?? {}, idTokenClaims, decodeJwt(accessToken)?.claims ?? {}];
  const [sub, iss] = [String(idTokenClaims.sub), getSettings().appBaseUrl];
  return { iss, sub, scopes: split(scope), roles: rolesIn(sources), ...personOf(...sources), token: null };
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
