import { cookies } from "next/headers";
import { Icon } from "@/components/ui/icon";
import { jarOf } from "@/lib/auth/session-cookie";
import { readNotice } from "@/lib/auth/user/notice";

const TEXTS = {
  "logged-out": ["You are logged out", "This app has ended your session."],
  "session-ended": ["Your session has ended", "The app could not refresh it. Log in to continue."],
} as const;

/** Tells visitors that their session has ended: they logged out, or the app could not refresh the session. */
export async function LoggedOutNotice() {
  const notice = readNotice(jarOf(await cookies()));
  if (!notice) return null;
  const [title, text] = TEXTS[notice];
  return (
    <div role="status" className="logged-out">
      <Icon name={notice === "logged-out" ? "check" : "clock"} />
      <p>
        <b>{title}</b> {text}
      </p>
    </div>
  );
}
