import { failedLogin, STEPS_BEFORE_HOOK, stepsBefore } from "@/components/demo/login-sequence";
import { Sequence } from "@/components/demo/sequence";
import type { LoginErrorReason } from "@/lib/auth/provider/index";
import { isRefusal } from "@/lib/auth/user/run-hooks";

interface LoginFailureProps {
  reason: LoginErrorReason;
  /** The hint in this browser's error cookie. */
  hint: string | null;
}

/** Shows a diagram of the steps of a failed login, up to the step that failed. The error page contains it. */
export function LoginFailure({ reason, hint }: LoginFailureProps) {
  const isRefusedByHook = reason === "access_denied" && isRefusal(hint);
  const made = isRefusedByHook ? STEPS_BEFORE_HOOK : stepsBefore(hint);
  return <Sequence title="Where it stopped" steps={failedLogin(reason, made)} />;
}
