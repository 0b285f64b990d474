import { quoteCause } from "../../../lib/log.ts";
import type { Context } from "../context.ts";
import { error, ok, type Result, skipped } from "../report/finding.ts";
import { describeStatus } from "./wire.ts";

const TIMEOUT = 5_000; // ms, as in the app

/** The check "Message API": a request without a token gets the public message, and status 401 for the protected one. */
export async function checkMessageApi({ settings, situation, tell }: Context): Promise<Result> {
  const { apiServerUrl } = settings;
  if (apiServerUrl === null) {
    return skipped("API_SERVER_URL is not set. Pages show a notice in place of the API's messages.");
  }
  const ask = async (url: URL) => {
    const signal = AbortSignal.timeout(TIMEOUT);
    const headers = { accept: "application/json" };
    const response = await fetch(url, { headers, redirect: "manual", signal });
    const { text } = Object(await response.json().catch(() => null));
    const status = describeStatus({ status: response.status, headers: response.headers, url }, tell);
    return { status: response.status, text, seen: `${url} answers with ${status}` };
  };
  try {
    const [open, guarded] = await Promise.all([
      ask(new URL(`${apiServerUrl}/api/messages/public`)),
      ask(new URL(`${apiServerUrl}/api/messages/protected`)),
    ]);
    if (guarded.status === 200) {
      const seen = `${apiServerUrl}/api/messages/protected answers requests without an access token.`;
      return error(seen, "The API must verify the token of every request, and answer 401 if there is none.");
    }
    if (guarded.status !== 401) {
      const how =
        "Check that API_SERVER_URL is the API's origin, without a path, and that no proxy answers instead.";
      return error(`${guarded.seen}. Without a token, the status should be 401.`, how);
    }
    if (open.status !== 200 || typeof open.text !== "string") {
      const how = 'The API should answer every request for this URL with 200 and {"text": "…"}.';
      return error(`${open.seen}, but without a message.`, how);
    }
    return ok(`${apiServerUrl} returns its public message, and requires a token for the protected one.`);
  } catch (thrown) {
    if (situation.brought.api) return skipped("npm run dev, which starts the API, is not running.");
    const { code, cause } = quoteCause(thrown);
    return error(
      `${apiServerUrl} does not answer: ${tell(cause ?? code ?? thrown)}.`,
      "Check that API_SERVER_URL is the API's origin, and that the API is running. Check any proxy or firewall on the way to the API.",
    );
  }
}
