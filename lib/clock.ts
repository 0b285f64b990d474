/** The time now, in whole Unix seconds: the unit of `exp`, `iat` and every lifetime in this app. */
export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
