/** The current time in whole Unix seconds, the unit of `exp`, `iat` and all other times in this app. */
export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
