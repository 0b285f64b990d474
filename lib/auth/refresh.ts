import { hash } from "node:crypto";
import { log } from "../log.ts";
import { BoundedMap, sharedState } from "../shared-state.ts";
import { ID_TOKEN_CHECK, type LoginError } from "./errors.ts";
import { toLoginError } from "./provider/errors.ts";
import { decodeJwt } from "./provider/jwt.ts";
import { refreshTokens } from "./provider/requests.ts";
import { hasExpiredAccessToken, needsRefresh, type SessionData, withTokens } from "./session.ts";
import type { RefreshOutcome } from "./session-storage.ts";
import { sessions } from "./sessions.ts";

/** A session after the attempt to refresh it; null where the provider refuses, and its access token has expired. */
export type Refreshed<S> = { readonly session: S; readonly changed: boolean } | null;

/** Requests with the old cookie go on arriving for a while; each gets the same new tokens. */
const KEEP_RESULT = 60_000; // ms
/** While the provider is down, it is not asked anew for every page. */
const KEEP_FAILURE = 5_000; // ms
const MAX_OUTCOMES = 10_000;
/** A request with an old cookie may find that the tokens it is given have been renewed again since. */
const MAX_STEPS = 3;

/** Refreshes under way and just done, by the tokens that they replace: the provider sees one for all who hold them. */
const outcomes = () =>
  sharedState("refreshes", () => new BoundedMap<string, Promise<RefreshOutcome>>(MAX_OUTCOMES));

/** Answers that blame this client or the moment, not the refresh token (RFC 6749, 5.2): the session may live on. */
const PASSING_ERRORS = [
  "invalid_client",
  "unauthorized_client",
  "temporarily_unavailable",
  "server_error",
  "slow_down",
];

/**
 * Renews an access token that has expired or is about to (RFC 6749, 6). A passing failure leaves the session as it is;
 * new tokens with a bad ID token are thrown away, and the session lasts as long as the access token that it has.
 *
 * @param requestId under which the log tells of it
 */
export async function refreshSession<S extends SessionData>(
  session: S,
  requestId: string,
): Promise<Refreshed<S>> {
  let current = session;
  for (let step = 0; step < MAX_STEPS && needsRefresh(current) && current.refreshToken !== null; step += 1) {
    const isOld = outcomes().get(keyOf(current)) !== undefined;
    const outcome = await sharedRefresh(current, current.refreshToken, requestId);
    // Another instance may just have used the refresh token up: as long as the access token is good, so is the session.
    if (endsSession(outcome, current)) return null;
    if (outcome.kind !== "refreshed") break;
    current = withTokens(current, outcome.tokens);
    if (!isOld) break; // as fresh as it gets, even where the provider issues tokens that have expired already
  }
  return { session: current, changed: current !== session };
}

/** The session with the newest tokens that this process has received for it; those under way are waited for. */
export async function withNewestTokens(session: SessionData): Promise<SessionData> {
  let newest = session;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const outcome = await outcomes()
      .get(keyOf(newest))
      ?.catch(() => undefined); // the session store is away
    if (outcome?.kind !== "refreshed") break;
    newest = withTokens(newest, outcome.tokens);
  }
  return newest;
}

/** Whether this process has just learnt that the session cannot be refreshed any more. */
export async function isRefused(session: SessionData): Promise<boolean> {
  const outcome = await outcomes().get(keyOf(session));
  return outcome !== undefined && endsSession(outcome, session);
}

/** Whether a session lets its visitor in: the access token is valid, or can be refreshed. */
export async function isUsable(session: SessionData): Promise<boolean> {
  if (!hasExpiredAccessToken(session)) return true;
  return session.refreshToken !== null && !(await isRefused(session));
}

function endsSession({ kind }: RefreshOutcome, session: SessionData): boolean {
  return (kind === "refused" || kind === "invalid") && hasExpiredAccessToken(session);
}

function sharedRefresh(
  session: SessionData,
  refreshToken: string,
  requestId: string,
): Promise<RefreshOutcome> {
  const key = keyOf(session);
  const known = outcomes().get(key);
  if (known) return known;
  const fresh = sessions().refreshOnce(session, () => refresh(session, refreshToken, requestId));
  outcomes().set(key, fresh);
  fresh.then(
    ({ kind }) => {
      const keep = kind === "unavailable" ? KEEP_FAILURE : KEEP_RESULT;
      setTimeout(() => outcomes().delete(key), keep).unref();
    },
    () => outcomes().delete(key), // the session store is away: the next request tries again
  );
  return fresh;
}

/** Providers that do not rotate give the same refresh token again; the access token tells one refresh from the next. */
function keyOf({ refreshToken, accessToken }: SessionData): string {
  return hash("sha256", `${refreshToken} ${accessToken}`, "base64");
}

async function refresh(
  session: SessionData,
  refreshToken: string,
  requestId: string,
): Promise<RefreshOutcome> {
  try {
    const tokens = await refreshTokens(
      refreshToken,
      decodeJwt(session.idToken)?.claims ?? {},
      session.dpopKey,
    );
    log.info({ requestId, step: "refresh" }, "access token refreshed");
    return { kind: "refreshed", tokens };
  } catch (thrown) {
    const error = toLoginError(thrown, "token refresh");
    const kind = outcomeOf(error);
    log.warn(
      { requestId, step: "token refresh", outcome: kind, reason: error.reason, ...error.detail },
      error.message,
    );
    return { kind };
  }
}

/** The provider's own refusal of the refresh token, or new tokens about somebody else, is for good; most may pass. */
function outcomeOf({ reason, detail }: LoginError): "refused" | "invalid" | "unavailable" {
  if (reason === "provider_unavailable") return "unavailable";
  if (detail.claim === "sub") return "refused";
  if (detail.check === ID_TOKEN_CHECK) return "invalid";
  const refusal =
    detail.providerError !== undefined && !PASSING_ERRORS.includes(String(detail.providerError));
  return refusal ? "refused" : "unavailable";
}
