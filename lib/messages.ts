import { headers } from "next/headers";
import { z } from "zod";
import { type ApiRequest, callApi } from "./auth/call-api.ts";
import { getSession } from "./auth/current-user.ts";
import { requestIdOf } from "./auth/http.ts";
import { AnswerTooLongError, boundBody } from "./auth/provider/index.ts";
import { hasExpiredAccessToken, needsRefresh, type SessionData } from "./auth/session.ts";
import { log, quote, quoteCause } from "./log.ts";
import { getSettings } from "./settings.ts";
import { BoundedMap, sharedState } from "./shared-state.ts";

/** The names of the API's messages. A name says who may read the message: everybody, users or administrators. */
export type MessageName = "public" | "protected" | "admin";

/**
 * Why there is no message.
 *
 * - `no_api`: API_SERVER_URL is not set.
 * - `token_required`: the API refused a request that had no token.
 * - `provider_unavailable`: the access token has expired and cannot be refreshed now.
 */
export type MessageFailure =
  | "no_api"
  | "token_required"
  | "unauthorized"
  | "forbidden"
  | "timeout"
  | "unreachable"
  | "failed"
  | "malformed"
  | "provider_unavailable";

export type MessageResult =
  | { readonly status: "ok"; readonly text: string }
  | { readonly status: MessageFailure };

const TIMEOUT = 5_000; // ms
const MAX_LENGTH = 64_000; // bytes

const messageBody = z.object({ text: z.string() });

/** Results by request id and message name. The middleware stores a result, which the page then reads and removes. */
const answers = () => sharedState("messages", () => new BoundedMap<string, Promise<MessageResult>>(1_000));

/** Gets a message for a server component. Sends the user's access token, except for `public`. Catches API errors. */
export async function getMessage(name: MessageName): Promise<MessageResult> {
  const requestId = requestIdOf({ headers: await headers() });
  const session = name === "public" ? null : await getSession();
  const key = `${requestId} ${name}`;
  const answer = answers().get(key) ?? fetchMessage(name, session, requestId);
  answers().delete(key);
  return answer;
}

/** Requests a message before the page renders. The page's first call of {@link getMessage} returns the same result. */
export function getMessageAhead(
  name: MessageName,
  session: SessionData,
  requestId: string,
): Promise<MessageResult> {
  const answer = fetchMessage(name, session, requestId);
  answers().set(`${requestId} ${name}`, answer);
  return answer;
}

/** Whether the API refuses the admin message to this user. */
export async function refusesAdmin(session: SessionData, requestId: string): Promise<boolean> {
  return (await getMessageAhead("admin", session, requestId)).status === "forbidden";
}

function fetchMessage(name: MessageName, session: SessionData | null, requestId: string) {
  return ask(`messages/${name}`, session, requestId);
}

/** The note that the API stores for this user. A new user's note is empty. Never throws. */
export async function getNote(session: SessionData): Promise<MessageResult> {
  return ask("note", session, requestIdOf({ headers: await headers() }));
}

/** Stores a note for this user in the API. Never throws. */
export async function postNote(session: SessionData, text: string): Promise<MessageResult> {
  const request = { method: "POST", body: new URLSearchParams({ text }) };
  return ask("note", session, requestIdOf({ headers: await headers() }), request);
}

async function ask(
  path: string,
  session: SessionData | null,
  requestId: string,
  request: ApiRequest = {},
): Promise<MessageResult> {
  const { apiServerUrl } = getSettings();
  if (apiServerUrl === null) return { status: "no_api" };
  const isStale = session !== null && hasExpiredAccessToken(session) && needsRefresh(session);
  if (isStale) return { status: "provider_unavailable" };
  const url = `${apiServerUrl}/api/${path}`;
  const context = { requestId, step: "message", message: path.replace("messages/", ""), url };
  try {
    const response = await callApi(url, session, { ...request, timeout: TIMEOUT });
    const result = await readMessage(response, session ? REFUSALS : REFUSALS_WITHOUT_TOKEN);
    if (result.status !== "ok") {
      const detail = { reason: result.status, status: response.status };
      log.warn({ ...context, ...detail }, "the message API did not return a message");
    }
    return result;
  } catch (error) {
    const status = error instanceof DOMException && error.name === "TimeoutError" ? "timeout" : "unreachable";
    log.warn({ ...context, reason: status, ...quoteCause(error) }, quote(error));
    return { status };
  }
}

type Refusals = Readonly<Record<number, MessageFailure>>;

const REFUSALS: Refusals = { 401: "unauthorized", 403: "forbidden" };
const REFUSALS_WITHOUT_TOKEN: Refusals = { 401: "token_required", 403: "token_required" };

async function readMessage(response: Response, refusals: Refusals): Promise<MessageResult> {
  if (!response.ok) {
    await response.body?.cancel();
    return { status: refusals[response.status] ?? "failed" };
  }
  const parsed = messageBody.safeParse(parseJson(await readText(response)));
  return parsed.success ? { status: "ok", text: parsed.data.text } : { status: "malformed" };
}

/** Reads the body as text; empty if it is too long. @throws if the connection breaks, or the body takes too long */
async function readText(response: Response): Promise<string> {
  try {
    return await (await boundBody(response, MAX_LENGTH)).text();
  } catch (error) {
    if (error instanceof AnswerTooLongError) return "";
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
