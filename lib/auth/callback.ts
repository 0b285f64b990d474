import { log } from "../log.ts";
import { getSettings } from "../settings.ts";
import { answerLoginError } from "./errors.ts";
import { redirectTo } from "./http.ts";
import * as inspector from "./inspector/trace.ts"; // part: inspector
import { newLogin } from "./login.ts";
import { receivePreviewAnswer } from "./previews/previews.ts"; // part: previews
import {
  exchangeCode,
  fetchUserinfo,
  isLoginError,
  isLoginPageExpired,
  LoginError,
  type LoginTokens,
  toLoginError,
  withUnprovenError,
} from "./provider/index.ts";
import { isUsable } from "./refresh.ts";
import { createSession, hasExpiredAccessToken, type Session, type SessionStart } from "./session.ts";
import type { CookieJar } from "./session-cookie.ts";
import { sessions } from "./session-storage.ts";
import { isSessionsUnavailable } from "./stored/unavailable.ts"; // part: store
import {
  clearUnreadableTransactions,
  countFinishedLogin,
  saveTransaction,
  TRANSACTION_LIFETIME,
  type Transaction,
  takeTransaction,
} from "./transaction.ts";
import { runOnLogin } from "./user/run-hooks.ts";

const DEFAULT_RETURN_TO = "/profile";

/**
 * Finishes a login: matches the response to a login of this browser, exchanges the code, and starts the session. If one
 * step fails, redirects to `/auth/error` or restarts the login, and leaves an existing session unchanged.
 * @throws if the session storage is unavailable. The browser keeps its login cookie and can try again
 */
export async function finishLogin(request: Request, jar: CookieJar, requestId: string): Promise<Response> {
  const query = new URL(request.url).searchParams;
  const onward = await receivePreviewAnswer(query, request, requestId); // part: previews
  if (onward) return onward; // part: previews
  await sessions().ensureAvailable();
  inspector.startTrace(request); // part: inspector
  try {
    const transaction = await matchTransaction(jar, query);
    inspector.traceLogin(transaction); // part: inspector
    const answered = { state: transaction.state, expiresAt: transaction.createdAt + TRANSACTION_LIFETIME };
    const claim = await sessions().claimLogin(answered);
    if (claim === "used") throw new LoginError("login_expired", "this response was already used");
    if (claim === "claimed") {
      let outcome: "finished" | "failed" = "failed";
      try {
        const begunAt = Date.now();
        let session = await sessionFrom(await exchange(query, transaction));
        session = inspector.withTimes(session); // part: inspector
        const userAgent = request.headers.get("user-agent");
        await startSession(jar, transaction, session, { userAgent, begunAt });
        await inspector.keepTrace(jar, session); // part: inspector
        outcome = "finished";
      } catch (error) {
        return await beginAgain(error, jar, transaction, requestId);
      } finally {
        await sessions().settleLogin(answered, outcome);
      }
      log.info({ requestId, step: "login" }, "logged in");
    }
    return redirectTo(transaction.returnTo ?? DEFAULT_RETURN_TO, 303);
  } catch (error) {
    let failure = toLoginError(error, "callback");
    // part: store
    // The login cookie is already deleted, so reloading a 503 page would not help. Show the error page instead.
    if (isSessionsUnavailable(error)) {
      failure = new LoginError("configuration", error.message, { step: "session store" });
    }
    // end part: store
    await inspector.keepFailedTrace(jar, failure); // part: inspector
    return answerLoginError(jar, withUnprovenError(failure, query), { requestId, status: 303 });
  }
}

/** Finds the login of this response, and deletes its cookie. No parameter may occur twice (RFC 6749, 3.1). */
async function matchTransaction(jar: CookieJar, query: URLSearchParams): Promise<Transaction> {
  const ours = new URL(getSettings().oidc.redirectUri).searchParams;
  const twice = [...new Set(query.keys())].filter((name) => !ours.has(name) && query.getAll(name).length > 1);
  const state = twice.includes("state") ? null : query.get("state");
  const transaction = await takeTransaction<Transaction>(jar, state);
  if (twice.length) throw new LoginError("invalid_response", "a parameter of the response occurs twice");
  if (transaction === "mismatch") {
    throw new LoginError("state_mismatch", "the response's state does not match any login of this browser");
  }
  if (transaction !== "none") return transaction;
  throw new LoginError("login_expired", "no login cookie for this response (expired, already used, or lost)");
}

async function exchange(query: URLSearchParams, transaction: Transaction): Promise<LoginTokens> {
  const tokens = await exchangeCode(new URL(`?${query}`, getSettings().oidc.redirectUri), transaction);
  if (!hasExpiredAccessToken(tokens) || tokens.refreshToken !== null) return tokens;
  const message = "the access token had already expired when it was issued, and there is no refresh token";
  throw new LoginError("configuration", message, {
    hint: "expired",
    advice:
      "make the provider issue longer-lived access tokens, or a refresh token (offline_access in OIDC_SCOPE)",
  });
}

/** Creates a login's session: requests userinfo, then runs `onLogin`, which may refuse the login. @throws LoginError */
export async function sessionFrom(tokens: LoginTokens): Promise<Session> {
  const userinfo = await fetchUserinfo(tokens, String(tokens.idTokenClaims.sub));
  const session = createSession(tokens, userinfo);
  await runOnLogin(session);
  return session;
}

type Start = Omit<SessionStart, "replaced">;
async function startSession(jar: CookieJar, login: Transaction, session: Session, start: Start) {
  const replaced = await sessions().open(jar);
  await sessions().start(jar, session, { ...start, replaced });
  await clearUnreadableTransactions(jar);
  const isAgain = login.acr !== undefined || login.maxAge !== null; // a step-up can loop even with a session
  countFinishedLogin(jar, { hadSession: !isAgain && replaced !== null && (await isUsable(replaced)) });
}

/** Restarts the login once if the provider's login page had expired. Otherwise throws the error again. */
async function beginAgain(error: unknown, jar: CookieJar, login: Transaction, requestId: string) {
  const { again, returnTo } = login;
  if (!again || !isLoginError(error) || !isLoginPageExpired(error)) throw error;
  const query = new URLSearchParams(again.link);
  if (returnTo) query.set("returnTo", returnTo);
  const { location, transaction } = await newLogin(query, again.intent);
  Object.assign(transaction, inspector.begunLogin(location, transaction)); // part: inspector
  await saveTransaction(jar, { ...transaction, again: null });
  log.info({ requestId, step: "login" }, "the provider's login page had expired; restarting the login");
  return redirectTo(location, 303);
}
