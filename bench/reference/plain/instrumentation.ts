/** Does nothing. Without this file, Next.js finds the app's own in a folder above. */
export function register(): void {}
