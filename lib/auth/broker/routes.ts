import { randomBytes } from "node:crypto";
import { getSettings } from "../../settings.ts";
import { sessionRoute } from "../guard.ts";
import { json, redirectTo } from "../http.ts";
import { redirectFormPost } from "../login.ts";
import { isSameOrigin, revokeLater } from "../logout.ts";
import { endSessionUrl } from "../provider/index.ts";
import { withClaims } from "../session.ts";
import type { CookieJar } from "../session-cookie.ts";
import { sessions } from "../session-storage.ts";
import { programOf } from "./access-token.ts";
import { errorAnswer, errorForBrowser, Refusal, toRefusal } from "./answers.ts";
import { finishProgramLogin } from "./callback.ts";
import { toUserinfo } from "./claims.ts";
import { beginDeviceLogin } from "./device.ts";
import { bearerClaims, unauthorized } from "./guards.ts";
import { publishedKeys } from "./keys.ts";
import { beginProgramLogin, singleParameters } from "./login.ts";
import { endProgram, readProgram } from "./programs.ts";
import { checkRedirectUri } from "./redirect-uri.ts";
import { issueTokens } from "./token.ts";

type Handle = (request: Request, jar: CookieJar, requestId: string) => Promise<Response>;

/** Every route of the broker, below both of its prefixes: `/auth/v2` and `/api/auth/v2`. */
const ROUTES: Readonly<Record<string, Readonly<Record<string, Handle>>>> = {
  login: { GET: beginProgramLogin },
  callback: { GET: finishProgramLogin, POST: redirectFormPost },
  logout: { GET: logOut },
  token: { POST: (request, _jar, requestId) => issueTokens(request, requestId) },
  device: { POST: beginDeviceLogin },
  userinfo: { GET: userinfo },
  "auth-ports": { GET: authPorts },
  ".well-known/jwks.json": { GET: keySet },
};

/** Routes that are opened in a browser, where an error is shown as a page. */
const IN_BROWSER = ["login", "callback", "logout"];

/** Handles a request to a route of the broker. @param context has the path below the prefix */
export function brokerRoute(
  request: Request,
  { params }: { readonly params: Promise<{ readonly path: readonly string[] }> },
): Promise<Response> {
  return sessionRoute(async (_request, jar, requestId) => {
    const path = (await params).path.join("/");
    const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
    if (getSettings().broker.audience === null)
      return notFound("Set BROKER_AUDIENCE to turn the token broker on.");
    if (!route) return notFound("The token broker has no such route.");
    const handle = route[request.method];
    if (!handle)
      return new Response(null, { status: 405, headers: { allow: Object.keys(route).join(", ") } });
    return handle(request, jar, requestId).catch((error: unknown) => {
      const refusal = toRefusal(error, path, requestId);
      if (!IN_BROWSER.includes(path)) return errorAnswer(refusal);
      return errorForBrowser(refusal, request, path === "logout" ? path : "login");
    });
  })(request);
}

function notFound(description: string): Response {
  return errorAnswer(new Refusal(404, "not_found", description));
}

/** Returns claims about the token's owner: from the token and, while the program is logged in, from the store. */
async function userinfo(request: Request): Promise<Response> {
  const claims = await bearerClaims(request);
  if (!claims) return unauthorized(request);
  const name = programOf(claims);
  const session = name === null ? undefined : (await readProgram(name))?.session;
  const found = toUserinfo(
    session?.userinfo ?? {},
    claims,
    ...(session ? [withClaims(session).idTokenClaims] : []),
  );
  return found ? json(found, 200) : notFound("This token contains no user name.");
}

/**
 * Ends the session of this browser and, if a program's token is sent, the login of that program. Then logs out at the
 * provider. Requests from other sites are rejected.
 */
async function logOut(request: Request, jar: CookieJar, requestId: string): Promise<Response> {
  const query = singleParameters(new URL(request.url).searchParams);
  const target = query.get("post_logout_redirect_uri");
  const redirectUri = target ? checkRedirectUri(target, "post_logout_redirect_uri") : null;
  if (!isSameOrigin(request.headers)) {
    throw new Refusal(
      400,
      "invalid_request",
      "Open this URL in the browser; another site cannot log you out.",
    );
  }
  const claims = await bearerClaims(request);
  const name = claims && programOf(claims);
  const session = await sessions().end(jar, await sessions().open(jar));
  if (session) revokeLater([session], requestId);
  if (name) await endProgram(name);
  // The hint is the ID token of the browser's session, never a program's ID token, which must not appear in a URL.
  const location = await endSessionUrl({
    ...(session && { id_token_hint: session.idToken }),
    state: randomBytes(16).toString("base64url"), // some providers redirect back only if there is a `state`
    post_logout_redirect_uri: redirectUri ?? getSettings().oidc.postLogoutRedirectUri,
  });
  return redirectTo(location ?? redirectUri ?? "/", 302);
}

async function authPorts(): Promise<Response> {
  return json({ valid_ports: getSettings().broker.redirectPorts }, 200);
}

/** The public keys. Other servers may cache the keys, because they fetch the keys again for an unknown `kid`. */
async function keySet(): Promise<Response> {
  return json(await publishedKeys(), 200, { "cache-control": "public, max-age=300" });
}
