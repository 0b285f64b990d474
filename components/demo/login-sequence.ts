import type { Step } from "@/components/demo/sequence";
import type { LoginErrorReason } from "@/lib/auth/provider/index";

/** A login, step by step. */
export const LOGIN_STEPS: readonly Step[] = [
  { kind: "message", from: "browser", to: "app", label: "Log in", wire: "GET /auth/login" },
  { kind: "redirect", from: "app", to: "provider", label: "Off to the provider", wire: "state, nonce, PKCE" },
  { kind: "box", from: "provider", label: "You log in there" },
  { kind: "redirect", from: "provider", to: "app", label: "Back with a code", wire: "GET /auth/callback" },
  { kind: "message", from: "app", to: "provider", label: "Code exchanged", wire: "POST /token" },
  { kind: "box", from: "app", label: "ID token checked" },
  { kind: "message", from: "app", to: "provider", label: "Userinfo read", wire: "GET /me" },
  { kind: "answer", from: "app", to: "browser", label: "Session sealed", wire: "Set-Cookie, 303" },
  { kind: "message", from: "app", to: "api", label: "Message fetched", wire: "GET, Bearer token" },
];

const NO_SESSION: Step = { kind: "answer", from: "app", to: "browser", label: "No session", state: "off" };

/** Where a login stopped: `after` is the number of steps that succeeded, and `failed` is the step that did not. */
interface Stop {
  readonly after: number;
  readonly failed: Step;
}

const ANSWER_REFUSED: Step = {
  kind: "message",
  from: "browser",
  to: "app",
  label: "Answer refused",
  wire: "GET /auth/callback",
  state: "failed",
};

const NOT_APPROVED: Step = {
  kind: "redirect",
  from: "provider",
  to: "app",
  label: "Back with an error",
  wire: "error instead of code",
  state: "failed",
};

const STOPS: Record<LoginErrorReason, Stop> = {
  access_denied: { after: 2, failed: { ...NOT_APPROVED, wire: "access_denied" } },
  login_expired: { after: 0, failed: { ...ANSWER_REFUSED, wire: "no usable login cookie" } },
  state_mismatch: { after: 0, failed: { ...ANSWER_REFUSED, wire: "state matches no login here" } },
  invalid_response: {
    after: 4,
    failed: { kind: "box", from: "app", label: "A check failed", state: "failed" },
  },
  provider_error: { after: 2, failed: NOT_APPROVED },
  provider_unavailable: {
    after: 1,
    failed: { kind: "message", from: "app", to: "provider", label: "No answer", state: "failed" },
  },
  configuration: {
    after: 1,
    failed: { kind: "box", from: "app", label: "A setting is wrong", state: "failed" },
  },
};

/** How many steps succeed before `onLogin` of lib/hooks.ts runs. */
export const STEPS_BEFORE_HOOK = 7;

/** The step that the provider or the app's hook refused. Each key: how many steps had succeeded before. */
const REFUSED: Readonly<Record<number, Step>> = {
  4: {
    kind: "message",
    from: "app",
    to: "provider",
    label: "Code refused",
    wire: "POST /token",
    state: "failed",
  },
  6: {
    kind: "message",
    from: "app",
    to: "provider",
    label: "Userinfo refused",
    wire: "GET /me",
    state: "failed",
  },
  [STEPS_BEFORE_HOOK]: { kind: "box", from: "app", label: "The app refused", state: "failed" },
};

/** How many steps had succeeded before a request to the provider failed. Undefined if the hint names no request. */
export function stepsBefore(hint: string | null | undefined): number | undefined {
  if (hint === "code exchange") return 4;
  return hint === "userinfo request" ? 6 : undefined;
}

/**
 * The steps of a failed login: those that succeeded, the one that failed, and the session that was not created.
 *
 * @param made how many steps succeeded. By default, this number follows from the reason.
 */
export function failedLogin(reason: LoginErrorReason, made = STOPS[reason].after): readonly Step[] {
  const isRefused = reason === "provider_error" || reason === "access_denied";
  const failed = (isRefused && REFUSED[made]) || STOPS[reason].failed;
  return [...LOGIN_STEPS.slice(0, made), failed, NO_SESSION];
}
