import { log } from "../log.ts";
import { getSettings } from "../settings.ts";
import { createDpopKey } from "./dpop.ts";
import { answerLoginError } from "./error-reference.ts";
import { LoginError } from "./errors.ts";
import { decodeJwt } from "./jwt.ts";
import { getProviderMetadata } from "./provider.ts";
import { toLoginError } from "./provider-errors.ts";
import { readForm, redirectTo } from "./request.ts";
import type { CookieJar } from "./session.ts";
import { createSession, type Session } from "./session-data.ts";
import { sessions } from "./sessions.ts";
import { noteStoreAway, sayStoreAway } from "./store-away.ts";
import { exchangeCode, fetchUserinfo } from "./token-requests.ts";
import { clearTransactions, MAX_TRANSACTIONS, openTransactions, takeTransaction } from "./transaction.ts";
import { isUnderWay, type Transaction } from "./transaction-data.ts";

const DEFAULT_RETURN_TO = "/profile";
const MAX_FORM_LENGTH = 8_000; // characters

/** The callback's other address. It lies behind the middleware, which has a page to say that the store is away. */
const GUARDED_CALLBACK = "/callback";

/**
 * Finishes a login: checks the provider's answer against the login that this browser began, exchanges the code, asks
 * userinfo, and seals the session. Any failure leads to `/auth/error` and leaves a session that is there as it was.
 */
export async function finishLogin(request: Request, jar: CookieJar, requestId: string): Promise<Response> {
  try {
    const { pathname, search, searchParams: query } = new URL(request.url);
    if (await isStoreAway(requestId)) {
      return pathname === GUARDED_CALLBACK ? sayStoreAway() : redirectTo(GUARDED_CALLBACK + search, 307);
    }
    refuseDuplicates(query);
    const session = await sessions().open(jar);
    const transaction = await transactionFor(jar, query.get("state"), session);
    const callbackUrl = new URL(getSettings().oidc.redirectUri);
    for (const [name, value] of query) callbackUrl.searchParams.append(name, value);
    const dpopKey = getSettings().oidc.dpop ? await createDpopKey(await getProviderMetadata()) : null;
    const checks = { ...transaction, maxAge: transaction.maxAge ?? undefined };
    const tokens = { ...(await exchangeCode(callbackUrl, checks, dpopKey)), ...(dpopKey && { dpopKey }) };
    const subject = String(decodeJwt(tokens.idToken)?.claims.sub);
    const userinfo = await fetchUserinfo(tokens.accessToken, subject, dpopKey);
    const others = [...(await openTransactions(jar)), ...(session?.otherLogins ?? [])]
      .filter(({ state }) => state !== transaction.state)
      .slice(0, MAX_TRANSACTIONS - 1);
    const userAgent = request.headers.get("user-agent");
    await sessions().start(jar, createSession(tokens, userinfo, others), { replaced: session, userAgent });
    clearTransactions(jar);
    log.info({ requestId, step: "login" }, "logged in");
    return redirectTo(transaction.returnTo ?? DEFAULT_RETURN_TO, 303);
  } catch (error) {
    return answerLoginError(jar, toLoginError(error, "callback"), { requestId, status: 303 });
  }
}

/**
 * Answers a provider that posts its response (OAuth 2.0 Form Post Response Mode). Such a post comes from another site
 * and so without our cookies: the browser is sent on to the same URL by GET, with which they come. A form too long for a
 * URL counts as an empty one.
 */
export async function redirectFormPost(request: Request): Promise<Response> {
  const form = new URLSearchParams(await readForm(request, MAX_FORM_LENGTH));
  return redirectTo(`${new URL(request.url).pathname}?${form}`, 303);
}

/** The login that an answer belongs to: begun in this browser, whether or not another was finished there since. */
async function transactionFor(
  jar: CookieJar,
  state: string | null,
  session: Session | null,
): Promise<Transaction> {
  const transaction = await takeTransaction(jar, state);
  if (typeof transaction === "object") return transaction;
  const other = session?.otherLogins.find((login) => login.state === state && isUnderWay(login));
  if (other) return other;
  if (transaction === "none") {
    throw new LoginError("login_expired", "the browser holds no login for this answer");
  }
  throw new LoginError("state_mismatch", "the answer's state belongs to no login of this browser");
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

/** RFC 6749, 3.1: no parameter more than once. */
function refuseDuplicates(query: URLSearchParams): void {
  const names = [...query.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new LoginError("invalid_response", "a parameter of the answer comes twice");
}
