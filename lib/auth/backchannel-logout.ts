import { log } from "../log.ts";
import { getSettings } from "../settings.ts";
import { isStoreError } from "../store/store.ts";
import { CLOCK_TOLERANCE } from "./id-token.ts";
import { type LogoutToken, verifyLogoutToken } from "./logout-token.ts";
import { toLoginError } from "./provider-errors.ts";
import { json, NO_STORE, readForm, requestIdOf } from "./request.ts";
import { endSessionsOf } from "./session-directory.ts";
import { digest, keyOf, store } from "./session-records.ts";

const MAX_FORM_LENGTH = 32_000; // characters

/**
 * Ends sessions at the provider's word (OpenID Connect Back-Channel Logout 1.0, 2.5 to 2.8): 200 where they have ended,
 * 400 for a logout token that is not acceptable or was used before, 503 where the answer is for later.
 */
export async function backChannelLogout(request: Request): Promise<Response> {
  const requestId = requestIdOf(request);
  if (getSettings().sessionStoreUrl === null) {
    return json(
      { error: "not_supported", error_description: "Set SESSION_STORE_URL: only then are sessions found" },
      501,
    );
  }
  try {
    const token = new URLSearchParams(await readForm(request, MAX_FORM_LENGTH)).get("logout_token");
    if (!token) return refused("logout_token is missing");
    const logoutToken = await verifyLogoutToken(token);
    const sessions = await endOnce(logoutToken);
    if (sessions === null) return refused("jti was used before");
    log.info({ requestId, step: "back-channel log-out", sessions }, "sessions ended by the provider");
    return new Response(null, { status: 200, headers: NO_STORE });
  } catch (error) {
    if (isStoreError(error)) throw error;
    const { reason, message, detail } = toLoginError(error, "back-channel log-out");
    log.warn({ requestId, reason, ...detail }, message);
    if (reason === "provider_unavailable") return json({ error: "temporarily_unavailable" }, 503);
    return refused("the logout token is not acceptable");
  }
}

/** @returns how many sessions were ended; null for a logout token that was used before */
async function endOnce({ sub, sid, jti, exp }: LogoutToken): Promise<number | null> {
  const key = keyOf("jti", digest(getSettings().oidc.issuer, jti));
  if (!(await store().add(key, "1", exp + CLOCK_TOLERANCE))) return null;
  try {
    const owner = sid === undefined ? { sub: String(sub) } : { sid };
    return (await endSessionsOf(owner, sub)).length;
  } catch (error) {
    await store()
      .delete([key]) // nothing came of it: the provider may send it again
      .catch(() => undefined);
    throw error;
  }
}

function refused(description: string): Response {
  return json({ error: "invalid_request", error_description: description }, 400);
}
