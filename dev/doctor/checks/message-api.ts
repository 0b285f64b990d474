import { quoteCause } from "../../../lib/log.ts";
import type { Context } from "../context.ts";
import { error, ok, type Result, skipped } from "../report/finding.ts";
import type { Tell } from "../report/foreign-text.ts";
import { describeStatus } from "./wire.ts";

const TIMEOUT = 5_000; // ms, as in the app

/** "Message API": it returns the public message to anyone, and the protected message only with a token. */
export async function checkMessageApi({ settings, situation, tell }: Context): Promise<Result> {
  const { apiServerUrl } = settings;
  if (apiServerUrl === null) {
    return skipped("API_SERVER_URL is not set. The pages that show its messages say so; all others work.");
  }
  try {
    const [open, guarded] = await Promise.all(
      ["public", "protected"].map((name) => ask(apiServerUrl, name, tell)),
    );
    return judge(apiServerUrl, open, guarded);
  } catch (thrown) {
    if (situation.brought.api) return skipped("npm run dev, which starts it, is not running.");
    const { code, cause } = quoteCause(thrown);
    return error(
      `${apiServerUrl} does not answer: ${tell(cause ?? code ?? thrown)}.`,
      "Check that API_SERVER_URL is the API's origin, that the API is running, and any proxy or firewall in between.",
    );
  }
}

interface ApiAnswer {
  readonly status: number;
  /** The status as text. */
  readonly said: string;
  readonly text: unknown;
}

async function ask(origin: string, name: string, tell: Tell): Promise<ApiAnswer> {
  const url = new URL(`${origin}/api/messages/${name}`);
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    redirect: "manual",
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const body: unknown = await response.json().catch(() => null);
  const { status, headers } = response;
  return { status, said: describeStatus({ status, headers, url }, tell), text: Object(body).text };
}

function judge(origin: string, open: ApiAnswer | undefined, guarded: ApiAnswer | undefined): Result {
  if (guarded?.status === 200) {
    return error(
      `${origin}/api/messages/protected answers requests without an access token.`,
      "The API must verify the token of every request, and answer 401 without one.",
    );
  }
  if (guarded?.status !== 401) {
    return error(
      `${origin}/api/messages/protected answers with ${guarded?.said}; without a token it should be 401.`,
      "Check that API_SERVER_URL is the API's origin, without a path, and that no proxy answers instead of it.",
    );
  }
  if (open?.status !== 200 || typeof open.text !== "string") {
    return error(
      `${origin}/api/messages/public answers with ${open?.said}, but no message.`,
      'It should answer every request with 200 and {"text": "…"}.',
    );
  }
  return ok(`${origin} returns its public message, and 401 without a token.`);
}
