import { quote } from "../log.ts";
import { getSettings } from "../settings.ts";
import { newLogin } from "./authentication-request.ts";
import { answerLoginError } from "./error-reference.ts";
import { LoginError } from "./errors.ts";
import { isPrefetch, isScriptRequest, NO_STORE, redirectTo } from "./http.ts";
import { refuseCircle } from "./login-circle.ts";
import type { LoginStep } from "./login-route.ts";
import { getProviderMetadata } from "./provider/client.ts";
import { toLoginError } from "./provider/errors.ts";
import { ensureProviderReachable } from "./provider/reachable.ts";
import { type Intent, saveTransaction } from "./transaction.ts";

/**
 * Begins a login: the answer leads to the provider, and a cookie keeps what its answer will be checked against. Any
 * failure leads to `/auth/error`. The provider itself may send the visitor here (OpenID Connect Core 4).
 */
export function beginLogin(intent: Intent): LoginStep {
  return async (request, jar, requestId) => {
    if (isPrefetch(request.headers) || isScriptRequest(request.headers)) {
      return new Response("A login begins with a visit of this address, not with a fetch of it.\n", {
        status: 400,
        headers: NO_STORE,
      });
    }
    try {
      const query = new URL(request.url).searchParams;
      await refuseCircle(jar);
      await refuseOtherIssuers(query.getAll("iss"));
      const { location, transaction } = await newLogin(query, intent);
      await ensureProviderReachable();
      await saveTransaction(jar, transaction);
      return redirectTo(location, 302);
    } catch (error) {
      return answerLoginError(jar, toLoginError(error, `begin ${intent}`), { requestId, status: 302 });
    }
  };
}

/** A provider that begins a login names itself by `iss` (OpenID Connect Core 4); only our own may. */
async function refuseOtherIssuers(named: string[]): Promise<void> {
  if (named.length === 0) return;
  const ours = [(await getProviderMetadata()).issuer, getSettings().oidc.issuer];
  if (named.every((iss) => ours.includes(iss))) return;
  throw new LoginError("configuration", "another provider than OIDC_ISSUER began this login", {
    iss: quote(named),
  });
}
