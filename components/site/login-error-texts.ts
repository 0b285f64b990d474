import type { ErrorReference } from "@/lib/auth/errors";
import { isLoginErrorHint, type LoginErrorHint, type LoginErrorReason } from "@/lib/auth/provider/index";
import { isRefusal } from "@/lib/auth/user/run-hooks";
import { REFUSALS } from "@/lib/hooks";

/** The texts of the login error page. */
interface LoginErrorText {
  title: string;
  what: string;
  next: string;
  /** Replaces the usual button. The usual button begins the login again. */
  again?: { href: string; label: string };
}

export const LOGIN_ERROR_TEXTS: Record<LoginErrorReason, LoginErrorText> = {
  access_denied: {
    title: "The login was not approved",
    what: "The provider says that the login was cancelled or denied.",
    next: "If you changed your mind, try again. If you were denied, ask the person who manages the accounts.",
  },
  login_expired: {
    title: "This login is no longer valid",
    what: "A login must be finished within ten minutes, and only once. This login took longer, was already finished, or began in another browser.",
    next: "Start again.",
  },
  state_mismatch: {
    title: "This answer belongs to another login",
    what: "The provider's answer does not match the login that this browser began, so the app did not use it.",
    next: "Start again from here, not from a bookmark or an old tab.",
  },
  invalid_response: {
    title: "The provider's answer did not pass the checks",
    what: "A part of the answer was missing or not valid, so the app stopped the login.",
    next: "Try again. If it happens every time, the server's log says which check failed.",
  },
  provider_error: {
    title: "The provider reported an error",
    what: "The app reached the provider, but the provider refused to continue this login.",
    next: "Try again. If it happens every time, the server's log contains the provider's error message.",
  },
  provider_unavailable: {
    title: "The provider cannot be reached",
    what: "The provider is down, or took too long to answer.",
    next: "Try again in a moment. Pages that need no login still work.",
  },
  configuration: {
    title: "This app is not set up for this login",
    what: "A setting of the app, or of its registration with the provider, is probably wrong. Trying again will rarely help.",
    next: "The operator of the app can find the cause in the server's log.",
  },
};

/** For a URL without a reason, or with an unknown reason. */
export const UNKNOWN_LOGIN_ERROR: LoginErrorText = {
  title: "The login did not work",
  what: "Something failed between this app and the provider, so the login was not finished.",
  next: "Start again.",
};

/** For a step-up: a new login that a page requires because the last login was too old or too weak. */
export const UNMET_LOGIN_ERROR: LoginErrorText = {
  title: "The provider did not confirm the login that the page needs",
  what: "The page that you opened needs a login that is more recent, or better protected, than your last one. The provider's answer does not confirm such a login, so the page stays closed.",
  next: "Open the page again to try once more. If it happens every time, the provider cannot confirm such a login, and the operator of the app has to change what the page asks for.",
};

/** For a login that a hook refused. */
const REFUSED = {
  title: "This app refused your login",
  next: "If you have another account, log in with it.",
  again: { href: "/auth/login?prompt=login", label: "Log in as somebody else" },
};

/** Returns the text about a failed login. A hook's refusal is in a cookie, not in the URL, so no link can fake it. */
export function loginErrorText(
  reason: LoginErrorReason | null,
  failure: ErrorReference | null,
): LoginErrorText {
  if (reason === null) return UNKNOWN_LOGIN_ERROR;
  if (reason === "access_denied" && isRefusal(failure?.hint))
    return { ...REFUSED, what: REFUSALS[failure.hint] };
  const isUnmet = failure?.hint === "unmet" && /^(invalid_response|provider_error)$/.test(reason);
  return isUnmet ? UNMET_LOGIN_ERROR : LOGIN_ERROR_TEXTS[reason];
}

/** A login fails for one of these reasons if the browser loses the login cookie. */
const COOKIE_REASONS: ReadonlySet<LoginErrorReason> = new Set(["login_expired", "state_mismatch"]);

interface CookieHintInput {
  reason: LoginErrorReason | null;
  appBaseUrl: string;
  /** The failed request's id, from a cookie; null if the browser did not send this cookie. */
  reference: string | null;
  /** The user, or null without a session. */
  user: object | null;
}

/** Returns advice if a lost login cookie may be the cause. A user needs none: their browser evidently accepts cookies. */
export function cookieHints({ reason, appBaseUrl, reference, user }: CookieHintInput): string[] {
  if (user || reason === null || !COOKIE_REASONS.has(reason)) return [];
  const hints = [
    `A cookie remembers the login. The browser sends it only to ${appBaseUrl}. Open the app at this address.`,
  ];
  if (reason === "login_expired" && reference === null) {
    hints.push("Your browser seems to refuse cookies. To log in, allow cookies for this site.");
  }
  return hints;
}

/** The text for a hint, with details and advice, and the reason for which it is shown. Not every hint has a text. */
const HINT_TEXTS: Partial<Record<LoginErrorHint, { reason: LoginErrorReason; text: string }>> = {
  scope: {
    reason: "provider_error",
    text: "The provider does not know, or does not grant, a scope that the app requested (invalid_scope). The operator of the app can remove it from OIDC_SCOPE; often it is offline_access.",
  },
  expired: {
    reason: "configuration",
    text: "The access token had expired on arrival: the provider set the access token's lifetime to 0 (expires_in), and sent no refresh token. The operator of the app can set a longer lifetime at the provider, or request a refresh token (offline_access in OIDC_SCOPE).",
  },
  circle: {
    reason: "configuration",
    text: "The provider logged you in several times in a row, and each time the app needed another login immediately. The browser or a proxy may drop the session cookie, the app's instances may have different settings (SESSION_SECRET, SESSION_STORE_URL), or access tokens may expire within seconds.",
  },
};

/** The text for the hint in this browser's cookie, if the hint belongs to the reason in the URL. */
export function failureHints(reason: LoginErrorReason | null, failure: ErrorReference | null): string[] {
  const hint = isLoginErrorHint(failure?.hint) ? HINT_TEXTS[failure.hint] : undefined;
  return hint?.reason === reason ? [hint.text] : [];
}
