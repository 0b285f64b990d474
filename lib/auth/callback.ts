import { log } from "../log.ts";
import { getSettings } from "../settings.ts";
import { newLogin } from "./authentication-request.ts";
import { answerLoginError } from "./error-reference.ts";
import { isLoginError, LoginError } from "./errors.ts";
import { redirectTo } from "./http.ts";
import { noteFinishedLogin } from "./login-circle.ts";
import { getProviderMetadata } from "./provider/client.ts";
import { createDpopKey } from "./provider/dpop.ts";
import { isLoginPageExpired, toLoginError, withUnprovenError } from "./provider/errors.ts";
import { decodeJwt } from "./provider/jwt.ts";
import { exchangeCode, fetchUserinfo } from "./provider/requests.ts";
import { createSession, hasExpiredAccessToken, type SessionData } from "./session.ts";
import type { CookieJar } from "./session-cookie.ts";
import { sessions } from "./sessions.ts";
import { noteStoreAway, sayStoreAway } from "./store-unavailable.ts";
import {
  clearUnreadableTransactions,
  saveTransaction,
  TRANSACTION_LIFETIME,
  type Transaction,
  takeTransaction,
} from "./transaction.ts";

const DEFAULT_RETURN_TO = "/profile";

/** The callback's other address. It lies behind the middleware, which has a page to say that the store is away. */
const GUARDED_CALLBACK = "/callback";

/**
 * Finishes a login: checks the provider's answer against the login that this browser began, exchanges the code, asks
 * userinfo, and seals the session. Any failure leads to `/auth/error` and leaves a session that is there as it was.
 */
export async function finishLogin(request: Request, jar: CookieJar, requestId: string): Promise<Response> {
  const { pathname, search, searchParams: query } = new URL(request.url);
  try {
    if (await isStoreAway(requestId)) {
      return pathname === GUARDED_CALLBACK ? sayStoreAway() : redirectTo(GUARDED_CALLBACK + search, 307);
    }
    const transaction = await matchTransaction(jar, query);
    const finish = async () => {
      await startSession(request, jar, await exchange(query, transaction));
      log.info({ requestId, step: "login" }, "logged in");
    };
    return await finishOnce(transaction, finish).catch((error) =>
      beginAgain(error, jar, transaction, requestId),
    );
  } catch (error) {
    const failure = withUnprovenError(toLoginError(error, "callback"), query);
    return answerLoginError(jar, failure, { requestId, status: 303 });
  }
}

/** Takes the login that the answer belongs to out of its cookie. No parameter may come twice (RFC 6749, 3.1). */
async function matchTransaction(jar: CookieJar, query: URLSearchParams): Promise<Transaction> {
  const ours = new URL(getSettings().oidc.redirectUri).searchParams;
  const names = [...query.keys()].filter((name) => !ours.has(name));
  const seen = new Set<string>();
  const twice = names.filter((name) => seen.has(name) || !seen.add(name));
  const transaction = twice.includes("state") ? null : await takeTransaction(jar, query.get("state"));
  if (twice.length) throw new LoginError("invalid_response", "a parameter of the answer comes twice");
  if (transaction === "mismatch") {
    throw new LoginError("state_mismatch", "the answer's state belongs to no login of this browser");
  }
  if (transaction === null || transaction === "none") {
    throw new LoginError("login_expired", "the browser holds no login for this answer");
  }
  return transaction;
}

/** Finishes the login where this is its one answer, or waits for the same answer that is being worked on already. */
async function finishOnce(
  { state, createdAt, returnTo }: Transaction,
  finish: () => Promise<void>,
): Promise<Response> {
  const login = { state, expiresAt: createdAt + TRANSACTION_LIFETIME };
  if ((await sessions().finishOnce(login, finish)) === "answered before") {
    throw new LoginError("login_expired", "this login was answered before");
  }
  return redirectTo(returnTo ?? DEFAULT_RETURN_TO, 303);
}

/**
 * Begins the login again, once, where the provider's login page had expired.
 *
 * @throws the error that ended the login, if it is about anything else
 */
async function beginAgain(
  error: unknown,
  jar: CookieJar,
  { again, returnTo }: Transaction,
  requestId: string,
): Promise<Response> {
  if (!again || !isLoginError(error) || !isLoginPageExpired(error)) throw error;
  const query = new URLSearchParams(again.link);
  if (returnTo) query.set("returnTo", returnTo);
  const { location, transaction } = await newLogin(query, again.intent);
  await saveTransaction(jar, { ...transaction, again: null });
  log.info({ requestId, step: "login" }, "the provider's login page had expired; the login begins again");
  return redirectTo(location, 303);
}

/** Exchanges the code, with every check, and asks userinfo. */
async function exchange(query: URLSearchParams, transaction: Transaction): Promise<SessionData> {
  const callbackUrl = new URL(`?${query}`, getSettings().oidc.redirectUri);
  const dpopKey = getSettings().oidc.dpop ? await createDpopKey(await getProviderMetadata()) : null;
  const checks = { ...transaction, maxAge: transaction.maxAge ?? undefined };
  const tokens = { ...(await exchangeCode(callbackUrl, checks, dpopKey)), ...(dpopKey && { dpopKey }) };
  if (hasExpiredAccessToken(tokens) && tokens.refreshToken === null) {
    throw new LoginError(
      "configuration",
      "the access token had expired on arrival, and cannot be refreshed",
      {
        hint: "expired",
        advice:
          "have the provider issue access tokens that last, or a refresh token (offline_access in OIDC_SCOPE)",
      },
    );
  }
  const subject = String(decodeJwt(tokens.idToken)?.claims.sub);
  return createSession(tokens, await fetchUserinfo(tokens.accessToken, subject, dpopKey));
}

/** Starts the session, in place of the one that this browser had. */
async function startSession(request: Request, jar: CookieJar, session: SessionData): Promise<void> {
  const userAgent = request.headers.get("user-agent");
  const replaced = await sessions().open(jar);
  await sessions().start(jar, session, { replaced, userAgent });
  await clearUnreadableTransactions(jar);
  await noteFinishedLogin(jar, replaced);
}

/** Asked before anything is spent: a code is good for one exchange. */
async function isStoreAway(requestId: string): Promise<boolean> {
  try {
    await sessions().ensureAvailable();
    return false;
  } catch (error) {
    noteStoreAway(error, { requestId, step: "callback" });
    return true;
  }
}
