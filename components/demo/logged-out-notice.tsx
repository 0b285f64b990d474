import { cookies } from "next/headers";
import { Icon } from "@/components/ui/icon";
import { jarOf } from "@/lib/auth/session-cookie";
import { hasLoggedOut } from "@/lib/auth/user/notice";

/** Confirms a logout to a visitor who has just logged out. */
export async function LoggedOutNotice() {
  if (!hasLoggedOut(jarOf(await cookies()))) return null;
  return (
    <div role="status" className="logged-out">
      <Icon name="check" />
      <p>
        <b>You are logged out</b> This app has ended your session.
      </p>
    </div>
  );
}
