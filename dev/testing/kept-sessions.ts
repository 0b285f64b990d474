import type { Session } from "../../lib/auth/session.ts";
import type { CookieJar } from "../../lib/auth/session-cookie.ts";
import { FakeCookieJar } from "./cookie-jar.ts";
import { tokenSet, unsignedJwt } from "./tokens.ts";

/** Imports the app's session storage at each call, because `freshProcess` discards the modules of earlier imports. */
async function storage() {
  return (await import("../../lib/auth/session-storage.ts")).sessions();
}

export async function openSession(
  jar: CookieJar,
  onUnreadable?: (reason: string) => void,
): Promise<Session | null> {
  return (await storage()).open(jar, onUnreadable);
}

/** Starts a session, as a login does. */
export async function startSession(jar: CookieJar, session: Session): Promise<void> {
  await (await storage()).start(jar, session, { replaced: null, userAgent: null, begunAt: Date.now() });
}

/** Ends a session, as a logout does. */
export async function endSession(jar: CookieJar, session: Session | null): Promise<void> {
  await (await storage()).end(jar, session);
}

/** Ends a session, as a logout in another browser does: the cookies of this browser stay. */
export async function endElsewhere(session: Session): Promise<void> {
  await endSession(new FakeCookieJar(), session);
}

/** A person in a test. Every member becomes a claim of the ID token, for example `name` or `roles`. */
export interface TestPerson {
  readonly email: string;
  readonly [claim: string]: unknown;
}

/**
 * Logs a person in without a browser and without a provider: the app's own code creates a session and seals it, with
 * the settings of this process. The access token is made up, so an API rejects it.
 *
 * @returns the value of a `Cookie` header, with a session that ends after an hour
 */
export async function sessionCookie(person: TestPerson): Promise<string> {
  const { createSession } = await import("../../lib/auth/session.ts");
  const { getSettings } = await import("../../lib/settings.ts");
  const claims = { iss: getSettings().oidc.issuer, sub: person.email, ...person };
  const jar = new FakeCookieJar();
  const tokens = tokenSet({ idToken: unsignedJwt(claims), refreshToken: null });
  await startSession(jar, createSession(tokens, null));
  return [...jar.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}
