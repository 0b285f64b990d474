import { randomUUID } from "node:crypto";
import { nowInSeconds } from "../../clock.ts";
import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { json, NO_STORE, readForm } from "../http.ts";
import { CLOCK_TOLERANCE, toLoginError } from "../provider/index.ts";
import type { CookieJar } from "../session-cookie.ts";
import { digest, keyOf, store } from "../stored/records.ts";
import { isSessionsUnavailable, RETRY_LATER } from "../stored/unavailable.ts";
import { type LogoutToken, verifyLogoutToken } from "./logout-token.ts";
import { endSessionsOf } from "./session-list.ts";

const MAX_FORM_LENGTH = 32_000; // characters

/** A logout token is marked as in use for at most this time. Meanwhile, a second copy of the token gets 503. */
const IN_USE_LIFETIME = 60; // seconds, enough for a slow store
/** The app remembers a used logout token for at most this time, because every entry of the store must expire. */
const MAX_REMEMBERED = 366 * 86_400; // seconds

/**
 * Ends the sessions that a logout token names (Back-Channel Logout 1.0, 2.5 to 2.8). Responds with 200 if the sessions
 * have ended, 400 if the token is invalid or was used, 501 without a store, and 503 if the provider should try again.
 *
 * @throws SessionsUnavailableError if the store is unavailable. The logout token can then be used again
 */
export async function backChannelLogout(
  request: Request,
  _jar: CookieJar,
  requestId: string,
): Promise<Response> {
  if (getSettings().sessionStoreUrl === null) {
    return json(
      { error: "not_supported", error_description: "Back-channel logout requires SESSION_STORE_URL" },
      501,
    );
  }
  try {
    const token = (await readForm(request, MAX_FORM_LENGTH)).get("logout_token");
    if (!token) return refused("logout_token is missing");
    const sessions = await endOnce(await verifyLogoutToken(token));
    if (sessions === "used") return refused("jti was used before");
    if (sessions === "in use") return retryLater();
    const message = sessions
      ? "sessions ended by the provider"
      : "logout token accepted; there was no browser session to end";
    log.info({ requestId, step: "back-channel logout", sessions }, message);
    return new Response(null, { status: 200, headers: NO_STORE });
  } catch (error) {
    if (isSessionsUnavailable(error)) throw error;
    const { reason, message, detail } = toLoginError(error, "back-channel logout");
    log.warn({ requestId, reason, ...detail }, message);
    return reason === "provider_unavailable" ? retryLater() : refused("the logout token is not valid");
  }
}

/**
 * Ends the sessions that a logout token names, once for each token. Then marks the token as used, so that the provider
 * can send it again if the store fails first.
 *
 * @returns the number of ended sessions, or why the token was not processed: `"used"` before, or `"in use"` now
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
      .replace(key, attempt, null) // removes only its own mark, because another request may have set a newer one
      .catch(() => undefined); // if the store fails, the mark expires
    throw error;
  }
}

function refused(description: string): Response {
  return json({ error: "invalid_request", error_description: description }, 400);
}

function retryLater(): Response {
  return json({ error: "temporarily_unavailable" }, 503, RETRY_LATER);
}
