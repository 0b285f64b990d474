/**
 * Runs in the browser before React.
 *
 * In development, React uses `eval` to rebuild the server's call stacks. It first calls `eval("null")` to find out
 * whether `eval` works. Our Content-Security-Policy forbids `eval` on every page. React works without it, but reports
 * an error in the browser's console, the terminal and Next.js's error badge. So this file makes that first call return
 * null. The policy still blocks all other calls.
 */
if (process.env.NODE_ENV === "development") {
  // biome-ignore lint/security/noGlobalEval: all calls except `eval("null")` are passed on to the original `eval`
  const evaluate = globalThis.eval;
  globalThis.eval = (code) => (code === "null" ? null : evaluate(code));
}

// Tells the server the browser's time zone. The server shows times in this zone from the second page on.
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
// biome-ignore lint/suspicious/noDocumentCookie: not every browser has the Cookie Store API
document.cookie = `zone=${timeZone}; Path=/; SameSite=Lax; Max-Age=31536000`;
