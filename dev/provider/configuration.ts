import type { Configuration, KoaContextWithOIDC } from "oidc-provider";
import { grantWhatIsAsked, keepOfflineAccess, OIDC_SCOPES, resourceIndicators } from "./access.ts";
import type { Foundation } from "./foundation.ts";
import { createPolicy } from "./interaction-policy.ts";
import { renderError, renderLoggedOut, renderLogOut } from "./pages.ts";
import { toClaims } from "./people.ts";
import { rememberApiTokens } from "./userinfo.ts";

const MINUTE = 60;
const DAY = 86_400;

/** The configuration that makes oidc-provider behave like the providers that people use, Auth0 above all. */
export function createConfiguration(foundation: Foundation): Configuration {
  const { issuer, lifetimes, people, store, appUrl } = foundation;
  const { port } = new URL(issuer);
  const policy = createPolicy();
  const accessTokenTtl = () => lifetimes.accessTokenTtl;
  const idTokenTtl = () => lifetimes.idTokenTtl;
  // A rotated token inherits what the one before it had left: rotation does not prolong a log-in.
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
    // As Auth0 does: the claims of the granted scopes stand in the ID token too, not at userinfo alone.
    conformIdTokenClaims: false,
    responseTypes: ["code"],
    clientAuthMethods: ["client_secret_post", "client_secret_basic", "private_key_jwt", "none"],
    pkce: { required: () => true },
    // Cookies do not keep ports apart: the names differ from those of the app and of a provider on another port.
    cookies: {
      keys: foundation.cookieKeys,
      names: {
        session: `hello-provider.${port}.session`,
        interaction: `hello-provider.${port}.interaction`,
        resume: `hello-provider.${port}.resume`,
      },
    },
    // Logout tokens go to the app, which is on this machine: where oidc-provider by itself would send nothing.
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
    loadExistingGrant: (ctx) => grantWhatIsAsked(ctx, people),
    issueRefreshToken: (_ctx, client, source) =>
      client.grantTypeAllowed("refresh_token") && source.scopes.has("offline_access"),
    rotateRefreshToken: true,
    // A session's second log-in has a grant of its own and must not void what the first one issued.
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
