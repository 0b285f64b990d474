import { quoteCause } from "../../../lib/log.ts";
import { type Context, error, ok, type Result, skipped } from "../check.ts";

const TIMEOUT = 5_000; // ms, as in the app

/** The check "Message API": whether the API sends its public message, and requires a token for the protected one. */
export async function checkMessageApi({ settings, situation, tell, wire }: Context): Promise<Result> {
  const { apiServerUrl } = settings;
  if (apiServerUrl === null)
    return skipped("API_SERVER_URL is not set. Pages show a notice in place of the API's messages.");
  const ask = (name: string) => {
    const request = { headers: { accept: "application/json" }, signal: AbortSignal.timeout(TIMEOUT) };
    return wire.send(`${apiServerUrl}/api/messages/${name}`, request);
  };
  try {
    const [open, guarded] = await Promise.all([ask("public"), ask("protected")]);
    if (guarded.status === 200)
      return error(
        `${guarded.url} answers requests without an access token.`,
        "The API must verify the token of every request, and answer 401 if there is none.",
      );
    if (guarded.status !== 401)
      return error(
        `${guarded.url} answers with ${guarded.outcome}. Without a token, the status should be 401.`,
        "Check that API_SERVER_URL is the API's origin, without a path, and that no proxy answers instead.",
      );
    if (open.status !== 200 || typeof open.members.text !== "string")
      return error(
        `${open.url} answers with ${open.outcome}, but without a message.`,
        'The API should answer every request for this URL with 200 and {"text": "…"}.',
      );
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
