import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { json, readForm, redirectTo } from "../http.ts";
import { isSameOrigin, redirectToProviderLogout, rejectCrossSite, revokeLater } from "../logout.ts";
import type { CookieJar } from "../session-cookie.ts";
import { sessions } from "../session-storage.ts";
import { clearLogins } from "../transaction.ts";
import { endAllSessions, endOneSession } from "./session-list.ts";

const MAX_FORM_LENGTH = 1_000; // characters

/**
 * Ends sessions from the list on the profile page. The form field `name` ends one session. The field `everywhere=1`
 * ends all sessions, and logs out at the provider. Cross-site requests are rejected with 403.
 */
export async function endSessions(request: Request, jar: CookieJar, requestId: string): Promise<Response> {
  if (!isSameOrigin(request.headers)) return rejectCrossSite(requestId);
  if (getSettings().sessionStoreUrl === null)
    return json({ error: "Ending other sessions requires SESSION_STORE_URL" }, 501);
  const session = await sessions().open(jar);
  if (!session) return redirectTo("/profile", 303);
  const form = await readForm(request, MAX_FORM_LENGTH);
  const name = form.get("name");
  if (name !== null) {
    const ended = await endOneSession(session, name);
    if (ended.length) log.info({ requestId, step: "logout" }, "ended a session of the list");
    revokeLater(ended, requestId);
    return redirectTo("/profile", 303);
  }
  if (form.get("everywhere") !== "1") return json({ error: "The form needs name or everywhere=1" }, 400);
  const listed = await endAllSessions(session);
  const own = (await sessions().end(jar, session)) ?? session; // the current session may be missing from the list
  clearLogins(jar);
  const ended = [...new Map([own, ...listed].map((one) => [one.id, one])).values()]; // the copy in `listed` is newer
  log.info({ requestId, step: "logout", sessions: ended.length }, "logged out everywhere");
  revokeLater(ended, requestId);
  return redirectToProviderLogout(session, requestId);
}
