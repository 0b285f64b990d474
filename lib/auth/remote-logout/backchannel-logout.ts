import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../../clock.ts";
import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { isStoreError } from "../../store/store.ts";
import { json, NO_STORE, readForm, requestIdOf } from "../http.ts";
import { toLoginError } from "../provider/errors.ts";
import { CLOCK_TOLERANCE } from "../provider/id-token.ts";
import { COME_BACK } from "../store-unavailable.ts";
import { digest, keyOf, store } from "../stored/records.ts";
import { endSessionsOf } from "../stored/session-list.ts";
import { type LogoutToken, verifyLogoutToken } from "./logout-token.ts";

const MAX_FORM_LENGTH = 32_000; // characters

/** While a token is being acted upon, a copy of it has to wait: longer than a slow store takes. */
const IN_USE_LIFETIME = 60; // seconds
/** A token that is good for longer than this is remembered no longer: stores have a last date. */
const MAX_REMEMBERED = 366 * 86_400; // seconds

/**
 * Ends sessions at the provider's word (OpenID Connect Back-Channel Logout 1.0, 2.5 to 2.8): 200 where they have ended,
 * 400 for a logout token that is not acceptable or was used before, 503 where the answer is for later.
 *
 * @throws StoreError; the token is then as good as before
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
    const sessions = await endOnce(await verifyLogoutToken(token));
    if (sessions === "used") return refused("jti was used before");
    if (sessions === "in use") return comeBack();
    const message = sessions
      ? "sessions ended by the provider"
      : "the provider ended what had ended here before";
    log.info({ requestId, step: "back-channel log-out", sessions }, message);
    return new Response(null, { status: 200, headers: NO_STORE });
  } catch (error) {
    if (isStoreError(error)) throw error;
    const { reason, message, detail } = toLoginError(error, "back-channel log-out");
    log.warn({ requestId, reason, ...detail }, message);
    return reason === "provider_unavailable" ? comeBack() : refused("the logout token is not acceptable");
  }
}

/**
 * Does what a logout token says, once: it counts as used when that is done, and not before. A store that fails halfway
 * would else have the provider's next attempt refused, and the session live on.
 *
 * @returns how many sessions were ended; or why none
 */
async function endOnce({ iss, sub, sid, jti, exp }: LogoutToken): Promise<number | "used" | "in use"> {
  const key = keyOf("jti", digest(iss, jti));
  const now = nowInSeconds();
  const attempt = randomUUID();
  if (!(await store().add(key, attempt, now + IN_USE_LIFETIME))) {
    const [mark] = await store().get([key]);
    return mark === "used" ? mark : "in use";
  }
  try {
    const owner = sid === undefined ? { iss, sub: String(sub) } : { iss, sid };
    const { length } = await endSessionsOf(owner, sub);
    await store().set(key, "used", Math.min(Math.ceil(exp) + CLOCK_TOLERANCE, now + MAX_REMEMBERED));
    return length;
  } catch (error) {
    await store()
      .replace(key, attempt, null) // only its own mark: a copy may have taken over meanwhile
      .catch(() => undefined); // it expires by itself
    throw error;
  }
}

function refused(description: string): Response {
  return json({ error: "invalid_request", error_description: description }, 400);
}

function comeBack(): Response {
  return Response.json({ error: "temporarily_unavailable" }, { status: 503, headers: COME_BACK });
}
