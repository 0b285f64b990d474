import { hash } from "node:crypto";
import { type CookieJar, getIronSession, nextProxyCookies, sealData, unsealData } from "iron-session";
import { nowInSeconds } from "../clock.ts";
import { getSettings } from "../settings.ts";
import { BoundedMap, sharedState } from "../shared-state.ts";
import { LoginError } from "./errors.ts";
import { type Purpose, passwordsFor } from "./secrets.ts";
import { hasEnded, type Session, type SessionData, toSession } from "./session-data.ts";

export type { CookieJar, Session };
/** Cookies of a middleware's request, writable: what is written is seen by the render that follows. */
export const requestCookies = nextProxyCookies;

/** The parts of Next's `cookies()` that a session needs. */
interface CookieStore {
  get(name: string): { value: string } | undefined;
  getAll(): { name: string }[];
  set(name: string, value: string, options: object): unknown;
}

const MAX_OPENED = 2_000; // sessions kept open in this process
const MAX_ENDED = 10_000; // ended sessions remembered in this process

/** Sessions by the hash of the cookie that they came in: opening a seal costs as much as rendering a small page. */
const opened = () => sharedState("opened sessions", () => new BoundedMap<string, Session>(MAX_OPENED));

/** Ids of sessions that were ended here, so that a copy of their cookie, or a request still under way, is no way back. */
const ended = () => sharedState("ended sessions", () => new BoundedMap<string, true>(MAX_ENDED));

/** The name of a cookie of this app: with the `__Host-` prefix where the app's own URL is https (RFC 6265bis, 4.1.3). */
export function cookieName(name: string): string {
  return `${getSettings().https ? "__Host-" : ""}hello-oidc.${name}`;
}

/** Attributes of every cookie of this app. @param maxAge in seconds; 0 takes the cookie away */
export function cookieOptions(maxAge: number) {
  return { httpOnly: true, sameSite: "lax", path: "/", secure: getSettings().https, maxAge } as const;
}

/** A jar over Next's `cookies()`, for route handlers and server components (which can read only). */
export function jarOf(store: CookieStore): CookieJar {
  return {
    read: (name) => store.get(name)?.value,
    names: () => store.getAll().map(({ name }) => name),
    write: (name, value, options) => store.set(name, value, options),
  };
}

/**
 * Opens the session that the cookies hold, from memory where this process opened the same cookie before. Its own end
 * is checked every time.
 *
 * @param onUnreadable told why, when there is a session cookie that cannot be read
 * @returns null without a readable, living session
 */
export async function openSession(
  jar: CookieJar,
  onUnreadable: (reason: string) => void = () => undefined,
): Promise<Session | null> {
  const key = keyOf(jar);
  if (key === null) return null;
  let session = opened().get(key);
  if (!session) {
    const data = await getIronSession<SessionData>(jar, ironOptions("opening", 1, onUnreadable));
    if (data.v !== 1) return null;
    session = toSession({ ...(data as SessionData) });
    opened().set(key, session);
  }
  return hasEnded(session) || isForgotten(session) ? null : session;
}

/**
 * Seals the session into the jar's cookies, in place of the one that was there. The logins of other tabs are left out
 * where it does not fit with them.
 *
 * @throws LoginError `configuration` where the tokens are too big for cookies
 */
export async function saveSession(jar: CookieJar, data: SessionData): Promise<void> {
  const iron = await getIronSession<SessionData>(jar, ironOptions("opening", 1));
  for (const field of Object.keys(iron)) delete iron[field as keyof SessionData];
  Object.assign(iron, data);
  iron.updateConfig(ironOptions("sealing", Math.max(1, data.idleExpiresAt - nowInSeconds())));
  try {
    await iron.save();
  } catch (error) {
    if (!(error instanceof Error && /maximum is|too big/.test(error.message))) throw error;
    if (data.otherLogins.length) return saveSession(jar, { ...data, otherLogins: [] });
    const bytes = JSON.stringify(data).length;
    throw new LoginError("configuration", `the session of ${bytes} bytes does not fit into cookies`, {
      bytes,
      advice: "have the provider issue smaller tokens: fewer claims, groups or scopes",
    });
  }
  const key = keyOf(jar);
  if (key !== null) opened().set(key, toSession(data));
}

/** Refuses a session from now on, without touching cookies: they may hold another session by now. */
export function forgetSession({ id }: Pick<Session, "id">): void {
  ended().set(id, true);
}

/** Whether a session was ended in this process, perhaps while a request that came with it was under way. */
export function isForgotten({ id }: Pick<Session, "id">): boolean {
  return ended().get(id) !== undefined;
}

/** Takes the session's cookies away, and refuses them from now on should they come back. */
export async function endSession(jar: CookieJar, session: Pick<Session, "id"> | null): Promise<void> {
  if (session) forgetSession(session);
  const iron = await getIronSession<SessionData>(jar, ironOptions("opening", 1));
  iron.destroy();
}

/** Seals a small value, readable by this app alone. @param ttl in seconds */
export function seal(purpose: Purpose, value: object, ttl: number): Promise<string> {
  return sealData(value, { password: passwordsFor(purpose).sealing, ttl });
}

/** Opens what {@link seal} made. @returns an empty object where it is unreadable or its time is over */
export function unseal(purpose: Purpose, sealed: string): Promise<Record<string, unknown>> {
  return unsealData(sealed, { password: passwordsFor(purpose).opening });
}

function ironOptions(use: "opening" | "sealing", ttl: number, onUnreadable?: (reason: string) => void) {
  return {
    cookieName: cookieName("session"),
    password: passwordsFor("session")[use],
    ttl,
    cookieOptions: cookieOptions(ttl),
    chunk: true,
    ...(onUnreadable ? { onUnsealError: onUnreadable } : {}),
  };
}

/** A short name for the session cookie as it stands in the jar, chunks included; null where there is none. */
function keyOf(jar: CookieJar): string | null {
  const name = cookieName("session");
  const parts = (jar.names?.() ?? [])
    .filter((candidate) => candidate === name || candidate.startsWith(`${name}.`))
    .map((candidate) => [candidate, jar.read(candidate) ?? ""])
    .filter(([, value]) => value)
    .sort();
  return parts.length ? hash("sha256", JSON.stringify(parts), "base64") : null;
}
