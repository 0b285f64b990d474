import { failedLogin } from "@/components/demo/login-sequence";
import { Sequence } from "@/components/demo/sequence";
import type { LoginErrorReason } from "@/lib/auth/provider/index";

interface LoginFailureProps {
  reason: LoginErrorReason;
}

/** Shows a diagram of the steps of a failed login, up to the step that failed. The error page contains it. */
export function LoginFailure({ reason }: LoginFailureProps) {
  return <Sequence title="Where it stopped" steps={failedLogin(reason)} />;
}
