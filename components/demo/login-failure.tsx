import { failedLogin } from "@/components/demo/login-sequence";
import { Sequence } from "@/components/demo/sequence";
import type { LoginErrorReason } from "@/lib/auth/provider/index";

interface LoginFailureProps {
  reason: LoginErrorReason;
}

/** A diagram of the step at which a failed login stopped, for the error page. */
export function LoginFailure({ reason }: LoginFailureProps) {
  return <Sequence title="Where it stopped" steps={failedLogin(reason)} />;
}
