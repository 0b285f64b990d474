import type { Configuration, KoaContextWithOIDC } from "oidc-provider";
import { grantRequestedScopes, keepOfflineAccess, OIDC_SCOPES, resourceIndicators } from "./access.ts";
import type { Foundation } from "./foundation.ts";
import { createPolicy } from "./interaction-policy.ts";
import { renderError, renderLoggedOut, renderLogOut } from "./pages.ts";
import { toClaims } from "./people.ts";
import { rememberApiTokens } from "./userinfo.ts";

const MINUTE = 60;
const DAY = 86_400;

/** Makes oidc-provider behave like widely used providers, above all Auth0. */
export function createConfiguration(foundation: Foundation): Configuration {
  const { issuer, lifetimes, people, store, appUrl } = foundation;
  const { port } = new URL(issuer);
  const policy = createPolicy();
  const accessTokenTtl = () => lifetimes.accessTokenTtl;
  const idTokenTtl = () => lifetimes.idTokenTtl;
  // A rotated token expires when the token before it would have: rotation does not extend a login.
  const refreshTokenTtl = (ctx: KoaContextWithOIDC) =>
    ctx.oidc.entities.RotatedRefreshToken?.remainingTTL ?? lifetimes.refreshTokenTtl;
  return {
    adapter: (model) => store.adapter(model),
    clients: [...foundation.clients],
    jwks: { keys: foundation.signingKeys },
    findAccount: (_ctx, sub) => {
      const person = people.get(sub);
      return person && { accountId: sub, claims: () => toClaims(person, issuer) };
    },
    scopes: OIDC_SCOPES,
    claims: {
      openid: ["sub"],
      profile: [
        "name",
        "given_name",
        "family_name",
        "preferred_username",
        "nickname",
        "picture",
        "updated_at",
      ],
      email: ["email", "email_verified"],
    },
    // Like Auth0: the claims of the granted scopes are in the ID token as well as in userinfo.
    conformIdTokenClaims: false,
    responseTypes: ["code"],
    clientAuthMethods: ["client_secret_post", "client_secret_basic", "private_key_jwt", "none"],
    pkce: { required: () => true },
    // Cookies do not distinguish ports: the names differ from the app's, and from those of a provider on another port.
    cookies: {
      keys: foundation.cookieKeys,
      names: {
        session: `hello-provider.${port}.session`,
        interaction: `hello-provider.${port}.interaction`,
        resume: `hello-provider.${port}.resume`,
      },
    },
    // Without the SSRF protection of oidc-provider, which refuses loopback addresses: logout tokens go to the app there.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined } as RequestInit),
    features: {
      backchannelLogout: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: resourceIndicators(),
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => renderLogOut(ctx, form, appUrl),
        postLogoutSuccessSource: (ctx) => renderLoggedOut(ctx, appUrl),
      },
    },
    extraParams: { audience: keepOfflineAccess, screen_hint: null },
    loadExistingGrant: (ctx) => grantRequestedScopes(ctx, people),
    issueRefreshToken: (_ctx, client, source) =>
      client.grantTypeAllowed("refresh_token") && source.scopes.has("offline_access"),
    rotateRefreshToken: true,
    // A second login in the same session has its own grant, and must not invalidate the tokens of the first.
    expiresWithSession: () => false,
    formats: { customizers: { jwt: rememberApiTokens(foundation) } },
    extraTokenClaims: (_ctx, token) =>
      token.kind === "AccessToken" && token.aud
        ? { permissions: [...(people.get(token.accountId)?.permissions ?? [])] }
        : undefined,
    interactions: { policy, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    discovery: { prompt_values_supported: ["none", ...policy.map(({ name }) => name)] },
    clientBasedCORS: () => false,
    renderError: (ctx, out) => renderError(ctx, out, appUrl),
    ttl: {
      AccessToken: accessTokenTtl,
      IdToken: idTokenTtl,
      RefreshToken: refreshTokenTtl,
      AuthorizationCode: MINUTE,
      Interaction: 30 * MINUTE,
      Session: 14 * DAY,
      Grant: 30 * DAY,
    },
  };
}
