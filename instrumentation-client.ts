/**
 * Runs in the browser before React.
 *
 * In development, React calls `eval("null")` once to find out whether it may evaluate strings, which it does to rebuild
 * the server's call stacks. Our Content-Security-Policy forbids this on every page. React works without it, but first
 * reports an error: in the browser's console, in the terminal and in Next.js's error badge. So this file answers this
 * one call. All other calls of `eval` still fall under the policy.
 */
if (process.env.NODE_ENV === "development") {
  // biome-ignore lint/security/noGlobalEval: it is called for everything that is not React's question
  const evaluate = globalThis.eval;
  globalThis.eval = (code) => (code === "null" ? null : evaluate(code));
}

// Tells the server the visitor's time zone. It shows times in this zone from the second page on.
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
// biome-ignore lint/suspicious/noDocumentCookie: not every browser has the Cookie Store API
document.cookie = `zone=${timeZone}; Path=/; SameSite=Lax; Max-Age=31536000`;
