import { hash } from "node:crypto";
import { type CookieJar, getIronSession, nextProxyCookies } from "iron-session";
import type { cookies } from "next/headers";
import { getSettings } from "../settings.ts";
import { BoundedMap, sharedState } from "../shared-state.ts";
import { SITE } from "../site.ts";
import { passwordsFor } from "./seal.ts";

export type { CookieJar };

const MAX_OPENED = 2_000; // this process keeps at most this many decrypted session cookies
/** Caches decrypted session cookies under a hash, because decrypting one costs as much as rendering a small page. */
const opened = () => sharedState("opened session cookies", () => new BoundedMap<string, object>(MAX_OPENED));

/** Makes a cookie jar for the middleware. It also writes to the request's `Cookie` header, for the page. */
export const requestCookies = nextProxyCookies;

/** Adds the prefix `__Host-` on https. Adds the port on loopback, because ports share cookies (RFC 6265bis, 8.5). */
export function cookieName(name: string): string {
  const { https, loopbackPort } = getSettings();
  return `${https ? "__Host-" : ""}${SITE.id}.${loopbackPort && `${loopbackPort}.`}${name}`;
}

/** The attributes of all cookies of this app. @param maxAge in seconds; 0 deletes the cookie */
export function cookieOptions(maxAge: number) {
  return { httpOnly: true, sameSite: "lax", path: "/", secure: getSettings().https, maxAge } as const;
}

/** Wraps `cookies()` of Next.js for route handlers and server components. Server components can only read cookies. */
export function jarOf(store: Awaited<ReturnType<typeof cookies>>): CookieJar {
  return {
    read: (name) => store.get(name)?.value,
    names: () => store.getAll().map(({ name }) => name),
    write: (name, value, options) => store.set(name, value, options),
  };
}

/** Opens the session cookie, which may have several pieces. @returns an empty object if it is missing or unreadable */
export async function readSessionCookie<T extends object>(
  jar: CookieJar,
  onUnreadable: (reason: string) => void = () => undefined,
): Promise<Partial<T>> {
  const key = hashOf(jar);
  const known = key ? opened().get(key) : {};
  if (known) return known;
  const options = { ...ironOptions(passwordsFor("session").opening, 1), onUnsealError: onUnreadable };
  const value: Partial<T> = { ...(await getIronSession<T>(jar, options)) };
  if (Object.keys(value).length > 0) opened().set(key, value);
  return value;
}

/** Seals a value into the session cookie for `maxAge` seconds. @returns false if the value is too big for cookies */
export async function writeSessionCookie<T extends object>(jar: CookieJar, value: T, maxAge: number) {
  const iron = Object.assign(await emptySession<T>(jar, Math.max(1, maxAge)), value);
  try {
    await iron.save();
  } catch (error) {
    if (error instanceof Error && /maximum is|too big/.test(error.message)) return false;
    throw error;
  }
  opened().set(hashOf(jar), value);
  return true;
}

export async function clearSessionCookie(jar: CookieJar): Promise<void> {
  (await emptySession(jar, 1)).destroy();
}

/** Begins an empty session. Hides the old cookie while iron-session reads, because its value is not needed. */
function emptySession<T extends object>(jar: CookieJar, ttl: number) {
  let read: CookieJar["read"] = () => undefined;
  const hiding: CookieJar = { read: (name) => read(name), write: jar.write.bind(jar) };
  const session = getIronSession<T>(hiding, ironOptions(passwordsFor("session").sealing, ttl));
  read = jar.read.bind(jar); // iron-session has read the cookie; saving and destroying read the names of its pieces
  return session;
}

function ironOptions(password: Readonly<Record<string, string>>, ttl: number) {
  return { cookieName: cookieName("session"), password, ttl, cookieOptions: cookieOptions(ttl), chunk: true };
}

/** Hashes all pieces of the session cookie. @returns an empty string if there is no session cookie */
function hashOf(jar: CookieJar): string {
  const name = cookieName("session");
  const parts = (jar.names?.() ?? []).filter((part) => part === name || part.startsWith(`${name}.`)).sort();
  const cookies = parts.map((part) => [part, jar.read(part)]).filter(([, value]) => value);
  return cookies.length > 0 ? hash("sha256", JSON.stringify(cookies), "base64") : "";
}
