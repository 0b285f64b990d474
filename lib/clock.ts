/** The current time in whole Unix seconds, the unit of `exp`, `iat` and the times in sessions. */
export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
