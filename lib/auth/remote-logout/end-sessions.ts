import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { json, readForm, redirectTo, requestIdOf } from "../http.ts";
import { forgetFinishedLogins } from "../login-circle.ts";
import { isOwnRequest, leaveProvider, rejectForeignRequest, revokeLater } from "../logout.ts";
import type { CookieJar } from "../session-cookie.ts";
import { sessions } from "../sessions.ts";
import { endAllSessions, endOneSession } from "../stored/session-list.ts";
import { clearTransactions } from "../transaction.ts";

const MAX_FORM_LENGTH = 1_000; // characters

/**
 * Ends sessions at their owner's wish: `name=NAME`, one of the list on the profile; `everywhere=1`, all of them, and
 * this one at the provider as well. A request that is not the visitor's own changes nothing and gets 403.
 */
export async function endSessions(request: Request, jar: CookieJar): Promise<Response> {
  const requestId = requestIdOf(request);
  if (!isOwnRequest(request.headers)) return rejectForeignRequest(requestId);
  if (getSettings().sessionStoreUrl === null) return json({ error: "Set SESSION_STORE_URL" }, 501);
  const session = await sessions().open(jar);
  if (!session) return redirectTo("/profile", 303);
  const form = new URLSearchParams(await readForm(request, MAX_FORM_LENGTH));
  const name = form.get("name");
  if (name !== null) {
    const ended = await endOneSession(session, name);
    log.info({ requestId, step: "log-out", sessions: ended.length }, "ended another session");
    revokeLater(ended, requestId);
    return redirectTo("/profile", 303);
  }
  if (form.get("everywhere") !== "1") return json({ error: "name or everywhere is missing" }, 400);
  const listed = await endAllSessions(session);
  const own = (await sessions().end(jar, session)) ?? session; // it may be in no list
  clearTransactions(jar);
  forgetFinishedLogins(jar);
  const ended = [...new Map([own, ...listed].map((one) => [one.id, one])).values()]; // listed ones have the last tokens
  log.info({ requestId, step: "log-out", sessions: ended.length }, "logged out everywhere");
  revokeLater(ended, requestId);
  return leaveProvider(session, requestId);
}
