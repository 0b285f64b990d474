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
  login_expired: { after: 0, failed: { ...ANSWER_REFUSED, wire: "no login cookie matches" } },
  state_mismatch: { after: 0, failed: { ...ANSWER_REFUSED, wire: "state differs from the one sent" } },
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

/**
 * The steps of a failed login: those that succeeded, the one that failed, and the session that was not created.
 *
 * @param made how many steps succeeded. By default, this number follows from the reason.
 */
export function failedLogin(reason: LoginErrorReason, made?: number): readonly Step[] {
  const { after, failed } = STOPS[reason];
  return [...LOGIN_STEPS.slice(0, made ?? after), failed, NO_SESSION];
}
