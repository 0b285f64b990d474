import Bowser from "bowser";

/** "Chrome on Windows", as far as a `User-Agent` says so. It is whatever its sender likes: good for a list, for nothing else. */
export function browserName(userAgent: string | null): string {
  if (!userAgent) return "Unknown browser";
  const { browser, os } = Bowser.parse(userAgent);
  const name = browser.name || "Unknown browser";
  return os.name && !name.includes(os.name) ? `${name} on ${os.name}` : name;
}
