import { nowInSeconds } from "../../clock.ts";
import { getSettings } from "../../settings.ts";
import { sharedState } from "../../shared-state.ts";
import { sessionFrom } from "../callback.ts";
import { json } from "../http.ts";
import { authorizeDevice, pollDevice } from "../provider/index.ts";
import { decrypt, encrypt } from "../seal.ts";
import { digest, keyOf, store } from "../stored/records.ts";
import { errorAnswer, pollRefusal, Refusal } from "./answers.ts";
import { maxAge } from "./login.ts";
import { type Issued, startProgram, userAgentOf } from "./program-tokens.ts";

/** The interval between polls if the provider does not specify one (RFC 8628, 3.2). */
const DEFAULT_INTERVAL = 5; // seconds

/** The `place` for `encrypt`. It replaces a cookie name or store key, because the app stores no device codes. */
const PLACE = "device code";

const MAX_CODE_LENGTH = 8_000; // characters

/**
 * The content of the broker's device code, which is encrypted. A program must not get the provider's device code,
 * because the program could exchange that code for the provider's tokens.
 */
interface DeviceLogin {
  readonly deviceCode: string;
  readonly interval: number;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** Each process accepts at most this many requests for device logins a minute. Anyone can send them. */
const MOST_BEGUN = 300;

const begun = () => sharedState("device logins", () => ({ count: 0, since: 0 }));

/**
 * Begins a device login (RFC 8628, 3.2). If the provider has no device flow, 503 tells programs to use the browser.
 *
 * @throws LoginError if the provider is unavailable or responds with an error
 */
export async function beginDeviceLogin(request: Request): Promise<Response> {
  const wait = secondsToWait();
  if (wait > 0) {
    const description = "There are too many device logins. Try again in a minute.";
    return errorAnswer(new Refusal(429, "slow_down", description), { "retry-after": String(wait) });
  }
  const { scope } = getSettings().oidc;
  const device = await authorizeDevice({ scope, maxAge: maxAge(), userAgent: userAgentOf(request) });
  if (!device) {
    const description = "The identity provider has no device flow.";
    return errorAnswer(new Refusal(503, "temporarily_unavailable", description));
  }
  const { deviceCode, expiresIn, userCode, verificationUri, verificationUriComplete } = device;
  const interval = Math.max(1, Math.ceil(device.interval ?? DEFAULT_INTERVAL));
  const login: DeviceLogin = { deviceCode, interval, expiresAt: nowInSeconds() + Math.floor(expiresIn) };
  const answer = {
    device_code: await encrypt("transaction", login, PLACE),
    user_code: userCode,
    verification_uri: verificationUri,
    ...(verificationUriComplete !== null && { verification_uri_complete: verificationUriComplete }),
    expires_in: Math.floor(expiresIn),
    interval,
  };
  return json(answer, 200);
}

/** Seconds until a login may begin, or 0. Counts all programs together, because programs behind a proxy look alike. */
function secondsToWait(): number {
  const state = begun();
  const now = nowInSeconds();
  if (now >= state.since + 60) Object.assign(state, { count: 0, since: now });
  state.count += 1;
  return state.count > MOST_BEGUN ? state.since + 60 - now : 0;
}

/**
 * Polls for the tokens of a device login (RFC 8628, 3.4). Sends the provider only one request per interval, even if the
 * program polls more often or at several instances.
 *
 * @throws Refusal or LoginError if there are no tokens: `authorization_pending` until the person confirms the login
 * @throws SessionsUnavailableError if the store is unavailable
 */
export async function redeemDeviceCode(code: string, userAgent: string | null): Promise<Issued> {
  const { deviceCode, interval, expiresAt } = await openCode(code);
  const now = nowInSeconds();
  if (now >= expiresAt) throw pollRefusal("expired_token");
  // Accept a poll that is one second early, because some clients wait slightly less than the interval.
  const isInTime = await store().add(keyOf("polled", digest(code)), "1", now + Math.max(1, interval - 1));
  if (!isInTime) throw pollRefusal("slow_down");
  const begunAt = Date.now();
  const session = await sessionFrom(await pollDevice(deviceCode, maxAge()));
  return startProgram(session, { userAgent, begunAt });
}

async function openCode(code: string): Promise<DeviceLogin> {
  const login =
    code.length <= MAX_CODE_LENGTH
      ? await decrypt<DeviceLogin>("transaction", code, PLACE).catch(() => null)
      : null;
  if (login) return login;
  throw new Refusal(400, "invalid_grant", "This app did not issue the device code.");
}
