import { createHmac, hash } from "node:crypto";
import { nowInSeconds } from "../../clock.ts";
import { log } from "../../log.ts";
import { getSettings } from "../../settings.ts";
import { sessionFrom } from "../callback.ts";
import { redirectTo } from "../http.ts";
import { exchangeCode, tryToRevoke } from "../provider/index.ts";
import { decrypt, encrypt, passwordsFor } from "../seal.ts";
import { type Session, type SessionData, withClaims } from "../session.ts";
import type { CookieJar } from "../session-cookie.ts";
import { sessions } from "../session-storage.ts";
import { digest, keyOf, store, writeRecord } from "../stored/records.ts";
import { TRANSACTION_LIFETIME, takeTransaction } from "../transaction.ts";
import { errorForBrowser, Refusal, toRefusal } from "./answers.ts";
import { PROGRAM_LOGIN, type ProgramLogin, singleParameters } from "./login.ts";
import { type Issued, startProgram, tokenAnswer, userAgentOf } from "./program-tokens.ts";
import { endProgram } from "./programs.ts";
import { brokerCallback, isOwnCallback } from "./redirect-uri.ts";

/** The lifetime of the broker's authorization codes, in seconds. */
const CODE_LIFETIME = 60;

/** A login in the store that waits until the program exchanges its code. */
interface StoredCode {
  readonly session: SessionData;
  /** When the provider's tokens were requested, in Unix milliseconds. */
  readonly begunAt: number;
  readonly login: Pick<ProgramLogin, "redirectUri" | "programState" | "challenge">;
}

/** Replaces the entry of a code after the first attempt to exchange it. `used` is the name of the code's login. */
interface UsedCode {
  readonly used: string;
}

/**
 * Exchanges the provider's code, and redirects the browser to the program with a code of the broker, or with an error.
 * If the redirect URI is the app's own callback, does not redirect: the browser gets the program's tokens or the error.
 *
 * @throws Refusal if a parameter occurs twice, or the response was used before or belongs to no login of this browser
 * @throws SessionsUnavailableError if the store is unavailable before the provider's code is exchanged
 */
export async function finishProgramLogin(
  request: Request,
  jar: CookieJar,
  requestId: string,
): Promise<Response> {
  const url = new URL(request.url);
  const query = singleParameters(url.searchParams);
  await sessions().ensureAvailable();
  const login = await takeTransaction<ProgramLogin>(jar, query.get("state") ?? null, PROGRAM_LOGIN);
  if (typeof login === "string") {
    const text = query.has("state")
      ? "This login has expired, or was started in another browser."
      : "state is missing.";
    throw new Refusal(400, "invalid_request", text);
  }
  const answered = { state: login.state, expiresAt: login.createdAt + TRANSACTION_LIFETIME };
  const claim = await sessions().claimLogin(answered);
  const isSentTwice = claim === "finished" && !isOwnCallback(login.redirectUri); // the browser repeated the request
  if (isSentTwice) return returnTo(login, { code: codeOf(login) });
  if (claim !== "claimed") throw new Refusal(400, "invalid_request", "This response was already used.");
  let outcome: "finished" | "failed" = "failed";
  try {
    const begunAt = Date.now();
    const session = await exchange(url.search, login);
    const answer = isOwnCallback(login.redirectUri)
      ? tokenAnswer(await startProgram(session, { userAgent: userAgentOf(request), begunAt }))
      : returnTo(login, { code: await createCode(session, login, begunAt) });
    outcome = "finished";
    log.info({ requestId, step: "broker" }, "a program was logged in");
    return answer;
  } catch (error) {
    const refusal = toRefusal(error, "callback", requestId);
    if (isOwnCallback(login.redirectUri)) return errorForBrowser(refusal, request);
    return returnTo(login, { error: refusal.code, error_description: refusal.message });
  } finally {
    await sessions().settleLogin(answered, outcome);
  }
}

async function exchange(search: string, login: ProgramLogin): Promise<Session> {
  const tokens = await exchangeCode(new URL(search, brokerCallback()), login);
  return sessionFrom({ ...tokens, scope: tokens.scope ?? login.scope });
}

function returnTo({ redirectUri, programState }: ProgramLogin, answer: Record<string, string>): Response {
  const location = new URL(redirectUri);
  const iss = getSettings().appBaseUrl; // so that a program that uses several apps knows which one responds (RFC 9207)
  for (const [name, value] of Object.entries({ ...answer, state: programState, iss })) {
    location.searchParams.set(name, value);
  }
  return redirectTo(location, 303);
}

/** Derives the code from `state`. If the browser sends the request twice, both responses then have the same code. */
function codeOf({ state }: ProgramLogin): string {
  const [password = ""] = Object.values(passwordsFor("transaction").sealing);
  return createHmac("sha256", password).update(`code after ${state}`).digest("base64url");
}

async function createCode(
  { idTokenClaims, ...session }: Session,
  login: ProgramLogin,
  begunAt: number,
): Promise<string> {
  const code = codeOf(login);
  const { redirectUri, programState, challenge } = login;
  const stored: StoredCode = { session, begunAt, login: { redirectUri, programState, challenge } };
  await writeRecord(keyOf("code", digest(code)), stored, nowInSeconds() + CODE_LIFETIME);
  return code;
}

/** A program's request to exchange a code for tokens. */
interface CodeRequest {
  readonly code: string;
  readonly redirectUri: string;
  /** The PKCE verifier, or the program's `state` if its login had no challenge. */
  readonly verifier: string;
}

/**
 * Exchanges a code of the broker. The first attempt uses up the code, even if the attempt fails. A second attempt ends
 * the login that the first attempt started (RFC 6749, 4.1.2).
 *
 * @throws Refusal if the code is invalid or was already used, or if the login cannot be started
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function redeemCode(
  { code, redirectUri, verifier }: CodeRequest,
  userAgent: string | null,
): Promise<Issued> {
  const key = keyOf("code", digest(code));
  const { session, begunAt, login } = await takeCode(key);
  const isBound =
    login.redirectUri === redirectUri &&
    (login.challenge === null
      ? digest(verifier) === digest(login.programState)
      : hash("sha256", verifier, "base64url") === login.challenge);
  if (isBound) return startProgram(withClaims(session), { userAgent, begunAt });
  await tryToRevoke(session.refreshToken);
  throw invalidCode();
}

async function takeCode(key: string): Promise<StoredCode> {
  const [encrypted = null] = await store().get([key]);
  if (encrypted === null) throw invalidCode();
  const stored = await decrypt<StoredCode | UsedCode>("store", encrypted, key).catch(() => null);
  if (!stored) throw invalidCode();
  if ("used" in stored) return refuseReplay(stored);
  const used: UsedCode = { used: digest(stored.session.id) };
  const value = await encrypt("store", used, key);
  const isFirst = await store().replace(key, encrypted, { value, expiresAt: nowInSeconds() + CODE_LIFETIME });
  return isFirst ? stored : refuseReplay(used);
}

async function refuseReplay({ used }: UsedCode): Promise<never> {
  log.warn({ step: "broker" }, "an authorization code was used again; the program is logged out");
  await endProgram(used);
  throw invalidCode();
}

function invalidCode(): Refusal {
  return new Refusal(400, "invalid_grant", "The code is not valid for this request. Log in again.");
}
