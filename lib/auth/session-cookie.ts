import { hash } from "node:crypto";
import { type CookieJar, getIronSession, nextProxyCookies } from "iron-session";
import { getSettings } from "../settings.ts";
import { SITE } from "../site.ts";
import { passwordsFor } from "./seal.ts";

export type { CookieJar };
/** Cookies of a middleware's request, writable: what is written is seen by the render that follows. */
export const requestCookies = nextProxyCookies;

/** The parts of Next's `cookies()` that a session needs. */
interface CookieStore {
  get(name: string): { value: string } | undefined;
  getAll(): { name: string }[];
  set(name: string, value: string, options: object): unknown;
}

/** The session is bigger than what browsers keep in the cookies of one site. */
export class CookiesTooSmallError extends Error {
  override readonly name = "CookiesTooSmallError";
}

/**
 * The name of a cookie of this app: with the `__Host-` prefix where the app's own URL is https (RFC 6265bis, 4.1.3), and
 * with the port on a loopback address. Cookies do not keep ports apart (8.5): two projects would share theirs.
 */
export function cookieName(name: string): string {
  const { https, loopbackPort } = getSettings();
  return `${https ? "__Host-" : ""}${SITE.id}.${loopbackPort && `${loopbackPort}.`}${name}`;
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
 * Opens the session cookie, of one piece or several.
 *
 * @param onUnreadable told why, when there is one that cannot be read
 * @returns what was sealed; nothing of it where there is no readable cookie
 */
export async function readSessionCookie<T extends object>(
  jar: CookieJar,
  onUnreadable: (reason: string) => void = () => undefined,
): Promise<Partial<T>> {
  return { ...(await getIronSession<T>(jar, ironOptions("opening", 1, onUnreadable))) };
}

/**
 * Seals a value into the session cookie, in place of what was there.
 *
 * @param maxAge in seconds, at least one
 * @throws CookiesTooSmallError
 */
export async function writeSessionCookie<T extends object>(
  jar: CookieJar,
  value: T,
  maxAge: number,
): Promise<void> {
  const iron = await getIronSession<T>(jar, ironOptions("opening", 1));
  for (const field of Object.keys(iron)) delete iron[field as keyof T];
  Object.assign(iron, value);
  iron.updateConfig(ironOptions("sealing", Math.max(1, maxAge)));
  try {
    await iron.save();
  } catch (error) {
    if (error instanceof Error && /maximum is|too big/.test(error.message))
      throw new CookiesTooSmallError(error.message);
    throw error;
  }
}

/** Takes the session cookie away, with every piece of it. */
export async function clearSessionCookie(jar: CookieJar): Promise<void> {
  const iron = await getIronSession(jar, ironOptions("opening", 1));
  iron.destroy();
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
export function sessionCookieKey(jar: CookieJar): string | null {
  const name = cookieName("session");
  const cookies = (jar.names?.() ?? [])
    .filter((candidate) => candidate === name || candidate.startsWith(`${name}.`))
    .sort()
    .map((part) => ({ part, value: jar.read(part) ?? "" }))
    .filter(({ value }) => value)
    .map(({ part, value }) => `${part.length}:${part}${value.length}:${value}`) // no two sets of cookies look the same
    .join("");
  return cookies ? hash("sha256", cookies, "base64") : null;
}
