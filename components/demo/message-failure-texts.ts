import type { MessageFailure } from "@/lib/messages";

/** What a page says when there is no message to show. */
export interface FailureText {
  title: string;
  what: string;
  next: string;
  /** What the button does: ask once more, or log in once more. null: there is no button. */
  action: "retry" | "login" | null;
}

export const MESSAGE_FAILURE_TEXTS: Record<MessageFailure, FailureText> = {
  no_api: {
    title: "There is no API to ask",
    what: "This page shows a message from an API, and this app has none: API_SERVER_URL is not set.",
    next: "Everything else works without it. Set API_SERVER_URL and start the app again to see the message.",
    action: null,
  },
  token_required: {
    title: "The API wants a token",
    what: "The app asked without one, since this message is for everybody, and the API refused.",
    next: "Check that API_SERVER_URL points to the right API, and that this API lets everybody read the message.",
    action: "retry",
  },
  unauthorized: {
    title: "The API did not accept the token",
    what: "It answered 401: to the API, this session's access token is missing, expired or meant for another audience.",
    next: "Log in again for a new token. If that does not help, the audience of the app and of the API differ.",
    action: "login",
  },
  forbidden: {
    title: "The API refused",
    what: "It answered 403: it knows who is asking, and this person may not read this message.",
    next: "Ask whoever manages permissions, then try again.",
    action: "retry",
  },
  timeout: {
    title: "The API took too long",
    what: "There was no answer within five seconds, so the app stopped waiting.",
    next: "It may be busy or just starting. Try again in a moment.",
    action: "retry",
  },
  unreachable: {
    title: "The API cannot be reached",
    what: "No connection could be made: the API is down, or it is not where the app looks for it.",
    next: "Try again in a moment. If it persists, check that it runs and that API_SERVER_URL points to it.",
    action: "retry",
  },
  failed: {
    title: "The API reported an error",
    what: "It was reached, and answered with a status that means something went wrong on its side.",
    next: "Try again in a moment. The API's own log says more.",
    action: "retry",
  },
  malformed: {
    title: "The API's answer makes no sense",
    what: "It answered, but not with the JSON message the app expects.",
    next: "Something else may be listening at API_SERVER_URL. Check it, then try again.",
    action: "retry",
  },
  provider_unavailable: {
    title: "The identity provider cannot be reached",
    what: "The access token has expired, and the provider that would renew it does not answer.",
    next: "Try again in a moment. Everything that needs no token goes on working.",
    action: "retry",
  },
};
