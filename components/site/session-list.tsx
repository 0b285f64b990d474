import Bowser from "bowser";
import { buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { LoginItem } from "@/components/ui/login-item";
import { getSession } from "@/lib/auth/current-user";
import { listSessions, type SessionSummary } from "@/lib/auth/remote-logout/session-list";

/**
 * Lists the visitor's sessions, with buttons that end them. Renders nothing without a session store. The session is not
 * a prop, because in development React sends the props of server components to the browser.
 */
export async function SessionList() {
  const session = await getSession();
  const sessions = session && (await listSessions(session));
  if (!sessions) return null;
  return (
    <Card
      id="sessions"
      title="Your sessions"
      note="Each of these browsers is logged in as you. If you end a session, it ends immediately."
    >
      <ul className="logins">
        {sessions.map((session) => (
          <SessionItem key={session.name} session={session} />
        ))}
      </ul>
      <form method="post" action="/auth/sessions" className="mt-5">
        <button type="submit" name="everywhere" value="1" className={buttonClass("secondary")}>
          Log out everywhere
        </button>
      </form>
    </Card>
  );
}

function SessionItem({
  session: { name, userAgent, isCurrent, createdAt, seenAt },
}: {
  session: SessionSummary;
}) {
  const browser = browserName(userAgent);
  return (
    <LoginItem
      title={browser}
      {...(isCurrent && { chip: "This browser" })}
      detail={null}
      times={[
        ["Since", createdAt],
        ["Last seen", seenAt],
      ]}
      end={isCurrent ? null : { action: "/auth/sessions", name, label: `End the session of ${browser}` }}
    />
  );
}

/** Returns e.g. "Chrome on Windows". The sender chooses the `User-Agent`, so only display the name. */
export function browserName(userAgent: string | null): string {
  if (!userAgent) return "Unknown browser";
  const { browser, os } = Bowser.parse(userAgent);
  const name = browser.name || "Unknown browser";
  return os.name && !name.includes(os.name) ? `${name} on ${os.name}` : name;
}
