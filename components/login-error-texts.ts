import type { ErrorReference } from "@/lib/auth/error-reference";
import type { LoginErrorHint, LoginErrorReason } from "@/lib/auth/errors";

/** What the login's error page says. */
export interface LoginErrorText {
  title: string;
  what: string;
  next: string;
}

export const LOGIN_ERROR_TEXTS: Record<LoginErrorReason, LoginErrorText> = {
  access_denied: {
    title: "The login was not approved",
    what: "The provider says that it was cancelled or denied.",
    next: "If you changed your mind, try again. If you were turned away, ask whoever manages the accounts.",
  },
  login_expired: {
    title: "This login is no longer under way",
    what: "A login has ten minutes and works once. This one took longer, was finished already, or was begun in another browser.",
    next: "Start over; it takes a moment.",
  },
  state_mismatch: {
    title: "This answer belongs to another login",
    what: "What came back does not match the login that this browser began, so it was not used.",
    next: "Start over from here, not from a bookmark or an old tab.",
  },
  invalid_response: {
    title: "The provider's answer did not pass the checks",
    what: "A code, token or claim was not what it has to be, so nobody was logged in.",
    next: "Try again. If it happens every time, the server's log says which check failed.",
  },
  provider_error: {
    title: "The provider reported an error",
    what: "It was reached, and declined to go on with this login.",
    next: "Try again. If it happens every time, the server's log has the provider's own words.",
  },
  provider_unavailable: {
    title: "The provider cannot be reached",
    what: "It is down, or took too long to answer.",
    next: "Try again in a moment. Pages that need no login go on working.",
  },
  configuration: {
    title: "This app is not set up for this login",
    what: "A setting of the app or of its registration with the provider does not fit. Trying again will rarely help.",
    next: "Whoever runs the app finds the setting in the server's log.",
  },
};

/** For an address without a reason, or with one that is not ours. */
export const UNKNOWN_LOGIN_ERROR: LoginErrorText = {
  title: "The login did not work",
  what: "Something went wrong on the way to the provider and back, and nobody was logged in.",
  next: "Start over; it takes a moment.",
};

/** The reasons that a lost login cookie explains. */
const COOKIE_REASONS: ReadonlySet<LoginErrorReason> = new Set(["login_expired", "state_mismatch"]);

interface CookieHintInput {
  reason: LoginErrorReason | null;
  appBaseUrl: string;
  /** Null when even the cookie set with the error did not come back. */
  reference: string | null;
  /** Whose session cookie has come along, at this address. */
  user: object | null;
}

/** Sentences about the login cookie, where it may be the cause; none for somebody whose cookies get here. */
export function cookieHints({ reason, appBaseUrl, reference, user }: CookieHintInput): string[] {
  if (user || reason === null || !COOKIE_REASONS.has(reason)) return [];
  const hints = [
    `The login is remembered in a cookie. This app lives at ${appBaseUrl}: opened under another address, the browser keeps the cookie to itself.`,
  ];
  if (reason === "login_expired" && reference === null) {
    hints.push("Your browser seems to refuse cookies. Allow them for this site, or nobody can log in.");
  }
  return hints;
}

/** What some failures tell beyond their reason, and what to change. */
const HINT_TEXTS: Record<LoginErrorHint, { reason: LoginErrorReason; text: string }> = {
  scope: {
    reason: "provider_error",
    text: "It does not know, or does not grant, something the app asked for (invalid_scope). Whoever runs the app removes it from OIDC_SCOPE; often it is offline_access.",
  },
  expired: {
    reason: "configuration",
    text: "The tokens had expired on arrival: the provider gave the access token no lifetime (expires_in is 0), and no refresh token came with it. The person who runs the app sets a longer lifetime at the provider, or asks for a refresh token (offline_access in OIDC_SCOPE).",
  },
  circle: {
    reason: "configuration",
    text: "The provider logged you in twice in a row, and each time the session was gone at once. The browser or a proxy may drop the session cookie, the app's instances may have different settings (SESSION_SECRET, SESSION_STORE_URL), or access tokens may expire within seconds.",
  },
};

/** The explanation of a failure that this browser remembers, where it belongs to the reason in the URL. */
export function failureHints(reason: LoginErrorReason | null, failure: ErrorReference | null): string[] {
  const hint = failure?.hint ? HINT_TEXTS[failure.hint] : null;
  return hint?.reason === reason ? [hint.text] : [];
}
