import type { MessageFailure } from "@/lib/messages";

/** What a page shows if the API did not return a message, or did not save a note. */
interface FailureText {
  title: string;
  what: string;
  next: string;
  /** What the button does; null for no button. */
  action: "retry" | "login" | null;
  /** How the request to the API ended, in a few words; absent if no request was sent. */
  stopped?: string;
}

export const MESSAGE_FAILURE_TEXTS: Record<MessageFailure, FailureText> = {
  no_api: {
    title: "No API is set",
    what: "This page needs an API, and this app has none: API_SERVER_URL is not set.",
    next: "Logins work without an API. To use this page, set API_SERVER_URL and start the app again.",
    action: null,
  },
  token_required: {
    title: "The API requires a token",
    what: "This message is for everybody, so the app sent no token, and the API refused the request.",
    next: "Check that API_SERVER_URL is the right API, and that this API lets everybody read the message.",
    action: "retry",
    stopped: "Refused without a token",
  },
  unauthorized: {
    title: "The API did not accept the token",
    what: "The API answered 401: the access token of this session is invalid, expired or meant for another audience.",
    next: "Log in again for a new token. If that does not help, the app and the API may be set to different audiences.",
    action: "login",
    stopped: "Token not accepted",
  },
  forbidden: {
    title: "The API refused the request",
    what: "The API answered 403: it knows who you are, but you do not have the permission that it requires.",
    next: "Ask the person who manages permissions, then try again.",
    action: "retry",
    stopped: "Refused",
  },
  timeout: {
    title: "The API took too long",
    what: "There was no answer within five seconds, so the app stopped waiting.",
    next: "The API may be busy or just starting. Try again in a moment.",
    action: "retry",
    stopped: "No answer within 5 s",
  },
  unreachable: {
    title: "The API cannot be reached",
    what: "The connection failed: the API is down, or API_SERVER_URL is wrong.",
    next: "Try again in a moment. If it fails again, check that the API runs at API_SERVER_URL.",
    action: "retry",
    stopped: "No connection",
  },
  failed: {
    title: "The API reported an error",
    what: "The API answered with an error status.",
    next: "Try again in a moment. The API's log has the details.",
    action: "retry",
    stopped: "Error status",
  },
  malformed: {
    title: "The API's answer is not a message",
    what: "The API answered, but not with the JSON that the app expects.",
    next: "Another server may be running at API_SERVER_URL. Check the setting, then try again.",
    action: "retry",
    stopped: "Not a message",
  },
  provider_unavailable: {
    title: "The identity provider cannot be reached",
    what: "The access token has expired, and the provider cannot issue a new one right now.",
    next: "Try again in a moment. Pages that do not need the token still work.",
    action: "retry",
  },
};
