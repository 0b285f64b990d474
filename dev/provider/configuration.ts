import { randomBytes } from "node:crypto";
import type { RequestListener } from "node:http";
import { decodeJwt } from "jose";
import { type Configuration, interactionPolicy, type KoaContextWithOIDC, Provider } from "oidc-provider";
import {
  acceptApiTokens,
  addUserinfoToAudience,
  grantRequestedScopes,
  keepOfflineAccess,
  OIDC_SCOPES,
  RESOURCE_INDICATORS,
} from "./access.ts";
import { confirmCodeInUrl, DEVICE_FLOW } from "./device-flow.ts"; // part: broker
import { FAULTS_PATH, type FaultSwitches, faultSwitches } from "./fault-switches.ts";
import { files } from "./files.ts";
import { interactions } from "./interactions.ts";
import { type Middleware, submitForm } from "./layout.ts";
import { NOTICES, renderError, renderLogOut, renderNotice } from "./pages.ts";
import { asksForSecondFactor, type People, SECOND_FACTOR, toClaims } from "./people.ts";

const COOKIE_KEYS = [randomBytes(32).toString("base64url")];
const COOKIES = ["session", "interaction", "resume"];
const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];

/** The data from which a request handler is created. A change of keys or clients requires a new handler. */
export interface Foundation extends FaultSwitches {
  /** The URL to which the provider's pages link as “Back to the app”. */
  readonly appUrl: string;
  /** The lifetime of new access tokens in seconds. Tests change it while the provider runs. */
  readonly accessTokenTtl: number;
  readonly people: People;
  /** The number of requests for each endpoint. Includes failed requests, but not those that a test's hook answers. */
  readonly counts: ReturnType<typeof zeroCounts>;
}

export function zeroCounts() {
  const token = { authorization_code: 0, refresh_token: 0 };
  return { discovery: 0, jwks: 0, authorization: 0, token, userinfo: 0, endSession: 0, revocation: 0 };
}

/** Counts each request under the name of its endpoint, and a token request under its grant type. */
function countRequests(counts: Foundation["counts"]): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } finally {
      const { route, params } = ctx.oidc ?? {};
      const counted: Record<string, unknown> = route === "token" ? counts.token : counts;
      const name = route === "token" ? params?.grant_type : route === "end_session" ? "endSession" : route;
      const before = Object.hasOwn(counted, name) && counted[name];
      if (typeof before === "number") counted[name] = before + 1;
    }
  };
}

/** Creates a handler for HTTP requests: oidc-provider, with this project's pages and extensions. */
export function createRequestHandler(foundation: Foundation): RequestListener {
  const { issuer, appUrl, people } = foundation;
  const provider = new Provider(issuer, createConfiguration(foundation));
  provider.on("server_error", (_ctx, error) => console.error("Embedded provider:", error));
  provider.use(countRequests(foundation.counts));
  provider.use(acceptApiTokens(foundation.store));
  provider.use(faultSwitches(provider, foundation));
  provider.use(files);
  provider.use(interactions(provider, people, appUrl));
  provider.use(skipLogoutConfirmation(provider));
  provider.use(confirmCodeInUrl); // part: broker
  const handle = provider.callback();
  const { host } = new URL(issuer);
  return (request, response) => {
    // The URLs in the discovery document must have the issuer's host. oidc-provider takes the host from this header.
    request.headers.host = host;
    void handle(request, response);
  };
}

/** Configures oidc-provider to behave like widely used providers, above all Auth0. */
function createConfiguration(foundation: Foundation): Configuration {
  const { issuer, people, store, appUrl } = foundation;
  const { port } = new URL(issuer);
  const policy = createPolicy();
  return {
    adapter: (model) => store.adapter(model),
    clients: [...foundation.clients],
    jwks: { keys: foundation.signingKeys },
    findAccount: (_ctx, sub) => {
      const person = people.find(sub);
      return person && { accountId: sub, claims: () => toClaims(person, issuer) };
    },
    scopes: OIDC_SCOPES,
    claims: {
      openid: ["sub"],
      profile: "name given_name family_name preferred_username nickname picture updated_at roles".split(" "),
      email: ["email", "email_verified"],
    },
    // Both the ID token and userinfo contain the claims of the granted scopes, as with Auth0.
    conformIdTokenClaims: false,
    responseTypes: ["code"],
    acrValues: [SECOND_FACTOR],
    clientAuthMethods: ["client_secret_post", "client_secret_basic", "private_key_jwt", "none"],
    pkce: { required: () => true },
    // Browsers send a cookie to every port of a host. The names contain the port, so that providers share no cookies.
    cookies: {
      keys: COOKIE_KEYS,
      names: Object.fromEntries(COOKIES.map((kind) => [kind, `hello-provider.${port}.${kind}`])),
    },
    // To prevent SSRF, oidc-provider's dispatcher rejects loopback addresses. The app has such an address and must
    // receive logout tokens, so this `fetch` uses the default dispatcher of Node.js.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined } as RequestInit),
    features: {
      backchannelLogout: { enabled: true },
      devInteractions: { enabled: false },
      deviceFlow: DEVICE_FLOW, // part: broker
      resourceIndicators: RESOURCE_INDICATORS,
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => renderLogOut(ctx, form, appUrl),
        postLogoutSuccessSource: (ctx) => renderNotice(ctx, appUrl, NOTICES.loggedOut),
      },
    },
    extraParams: { audience: keepOfflineAccess, screen_hint: null },
    loadExistingGrant: (ctx) => grantRequestedScopes(ctx, people),
    rotateRefreshToken: true,
    // A second login in the same session must not invalidate the tokens of the first login.
    expiresWithSession: () => false,
    formats: { customizers: { jwt: addUserinfoToAudience(foundation.brokenLogins) } },
    extraTokenClaims: (_ctx, token) =>
      token.kind === "AccessToken" && token.aud
        ? { permissions: [...(people.find(token.accountId)?.permissions ?? [])] }
        : undefined,
    interactions: { policy, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    discovery: {
      prompt_values_supported: ["none", ...policy.map(({ name }) => name)],
      faults_endpoint: foundation.hasFaultSwitches ? `${issuer}${FAULTS_PATH}` : undefined,
    },
    clientBasedCORS: () => false,
    renderError: (ctx, out) => renderError(ctx, out, appUrl),
    ttl: {
      AccessToken: () => foundation.accessTokenTtl,
      IdToken: HOUR,
      // A new refresh token expires at the same time as the old one, so that rotation does not extend a login.
      RefreshToken: ({ oidc }) => oidc.entities.RotatedRefreshToken?.remainingTTL ?? 14 * DAY,
      AuthorizationCode: MINUTE,
      DeviceCode: 10 * MINUTE, // part: broker
      Interaction: 30 * MINUTE,
      Session: 14 * DAY,
      Grant: 30 * DAY,
    },
  };
}

/**
 * Creates the prompts. `login` is oidc-provider's own, with an additional check for a second factor. `create`,
 * `select_account` and `consent` run only if the request's `prompt` parameter names them. This `consent` replaces
 * oidc-provider's, which would also show a page for a scope that the grant lacks. The app is a first-party client, so
 * `prompt=consent` is granted without a page.
 */
function createPolicy(): interactionPolicy.DefaultPolicy {
  const { base, Check, Prompt } = interactionPolicy;
  const prompts = base();
  prompts.get("login")?.checks.add(
    new Check("stronger_login", "A stronger login is required", "login_required", ({ oidc }) => {
      return asksForSecondFactor(oidc.params) && oidc.session?.acr !== SECOND_FACTOR;
    }),
  );
  prompts.remove("consent");
  prompts.add(new Prompt({ name: "consent", requestable: true }));
  for (const name of ["select_account", "create"]) prompts.add(new Prompt({ name, requestable: true }), 0);
  return prompts;
}

/**
 * Logs out without a confirmation page if the `id_token_hint` belongs to the person who is logged in (OpenID Connect
 * RP-Initiated Logout 1.0, section 2, allows this), or if nobody is logged in. oidc-provider itself always answers with
 * a page that has a form. This middleware submits that form for the person.
 */
function skipLogoutConfirmation(provider: Provider): Middleware {
  provider.on("backchannel.error", (_ctx, error) =>
    console.error(`Embedded provider: back-channel logout: ${error.message}`),
  );
  return async (ctx, next) => {
    if (ctx.path === "/session/end") await dropInvalidHint(provider, ctx as KoaContextWithOIDC);
    await next();
    const oidc: KoaContextWithOIDC["oidc"] | undefined = ctx.oidc;
    if (oidc?.route !== "end_session" || ctx.status !== 200) return;
    const { session, entities } = oidc;
    if (session?.accountId && session.accountId !== entities.IdTokenHint?.payload.sub) return;
    await submitForm(ctx as KoaContextWithOIDC, oidc.urlFor("end_session_confirm"), { logout: "yes" });
  };
}

/**
 * Removes an `id_token_hint` from the query if its verification fails, for example because it was signed before the
 * keys changed. A person who is logged in then sees the confirmation page instead of an error.
 */
async function dropInvalidHint(provider: Provider, ctx: KoaContextWithOIDC): Promise<void> {
  const { id_token_hint: hint, ...rest } = ctx.query;
  if (typeof hint !== "string") return;
  try {
    const client = await provider.Client.find(String(decodeJwt(hint).aud));
    if (!client) throw new Error("the hint is for an unknown client");
    await provider.IdToken.validate(hint, client);
  } catch {
    ctx.query = rest;
  }
}
