/**
 * Runs in the browser before React does.
 *
 * In development React asks once, by `eval("null")`, whether it may evaluate strings, which it uses to draw the server's
 * call stacks. Our Content-Security-Policy says no on every page, and React does without, but not before it has reported
 * that as an error of the page: in the browser's console, in the terminal and in Next's own badge. So its question is
 * answered here. Everything else still meets the policy.
 */
if (process.env.NODE_ENV === "development") {
  // biome-ignore lint/security/noGlobalEval: it is called for everything that is not React's question
  const evaluate = globalThis.eval;
  globalThis.eval = (code) => (code === "null" ? null : evaluate(code));
}

// The server shows times in the visitor's zone, from the second page on.
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
// biome-ignore lint/suspicious/noDocumentCookie: not every browser has the Cookie Store API
document.cookie = `zone=${timeZone}; Path=/; SameSite=Lax; Max-Age=31536000`;
