/** Does nothing. Without this file, Next.js would use the app's `instrumentation.ts` in a folder above. */
export function register(): void {}
