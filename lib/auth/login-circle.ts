import { nowInSeconds } from "../clock.ts";
import { LoginError } from "./errors.ts";
import { isUsable } from "./refresh.ts";
import type { Session } from "./session.ts";
import { type CookieJar, cookieName, cookieOptions } from "./session-cookie.ts";
import { sessions } from "./sessions.ts";

const NAME = "recent-logins";
const LIFETIME = 10; // seconds
const MOST = 2;

/** How many logins gave no session that lasted, and when the last of them finished (Unix seconds). */
const VALUE = /^(\d)\.(\d{1,12})$/;

/**
 * Notes in a cookie of a few seconds that a login has finished. Nothing in it is secret, and anyone who changes it only
 * gets the error page, or the circle, themselves.
 *
 * @param before the session that the browser brought
 */
export async function noteFinishedLogin(jar: CookieJar, before: Session | null): Promise<void> {
  const count = before && (await isUsable(before)) ? 0 : recentLogins(jar);
  jar.write(cookieName(NAME), `${Math.min(count + 1, MOST)}.${nowInSeconds()}`, cookieOptions(LIFETIME));
}

/**
 * Ends a circle: the guard sends a visitor without a session to log in, the provider sends them back at once, and if the
 * session of that login does not last, the guard sends them off again, until the browser gives up.
 *
 * @throws LoginError where two logins have just finished, and there is still no session
 */
export async function refuseCircle(jar: CookieJar): Promise<void> {
  if (recentLogins(jar) < MOST) return;
  const session = await sessions().open(jar);
  if (session && (await isUsable(session))) return;
  throw new LoginError("configuration", "two logins in a row gave no session that lasts", {
    hint: "circle",
    advice:
      "see whether the browser or a proxy drops the session cookie, and whether all instances have the same settings",
  });
}

/** Forgets finished logins: the next one is not part of a circle. */
export function forgetFinishedLogins(jar: CookieJar): void {
  if (jar.read(cookieName(NAME))) jar.write(cookieName(NAME), "", cookieOptions(0));
}

function recentLogins(jar: CookieJar): number {
  const [, count, finishedAt] = VALUE.exec(jar.read(cookieName(NAME)) ?? "") ?? [];
  const age = nowInSeconds() - Number(finishedAt);
  return age >= 0 && age < LIFETIME ? Number(count) : 0;
}
