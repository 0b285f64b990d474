import Bowser from "bowser";

/** For example "Chrome on Windows". The sender chooses the `User-Agent`, so use the name for display only. */
export function browserName(userAgent: string | null): string {
  if (!userAgent) return "Unknown browser";
  const { browser, os } = Bowser.parse(userAgent);
  const name = browser.name || "Unknown browser";
  return os.name && !name.includes(os.name) ? `${name} on ${os.name}` : name;
}
