import Bowser from "bowser";
import { buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { TimeStamp } from "@/components/ui/time-stamp";
import { getSession } from "@/lib/auth/current-user";
import { listSessions, type SessionSummary } from "@/lib/auth/remote-logout/session-list";

/**
 * The sessions of the person who asks, with a button to end each; nothing without a session store. It reads the session
 * itself: in development, React sends the props of server components to the browser.
 */
export async function SessionList() {
  const session = await getSession();
  const sessions = session && (await listSessions(session));
  if (!sessions) return null;
  return (
    <Card
      title="Your sessions"
      note="Every browser in which you are logged in. Ending a session takes effect immediately."
    >
      <ul className="divide-y divide-line border-y border-line">
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

function SessionItem({ session }: { session: SessionSummary }) {
  const browser = browserName(session.userAgent);
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-6 gap-y-2 py-4 text-sm leading-6 md:grid-cols-[minmax(0,1fr)_11.5rem_11.5rem_4.5rem]">
      <div>
        <p className="font-medium wrap-anywhere">{browser}</p>
        {session.isCurrent && <p className="text-soft">This browser</p>}
      </div>
      <SessionTime term="Since" seconds={session.createdAt} />
      <SessionTime term="Last seen" seconds={session.seenAt} />
      {!session.isCurrent && (
        <form
          method="post"
          action="/auth/sessions"
          className="max-md:col-start-2 max-md:row-start-1 md:justify-self-end"
        >
          <button
            type="submit"
            name="name"
            value={session.name}
            className={buttonClass("secondary")}
            aria-label={`End the session of ${browser}`}
          >
            End
          </button>
        </form>
      )}
    </li>
  );
}

/** On a phone the term is next to its time, to keep the list short. */
function SessionTime({ term, seconds }: { term: string; seconds: number }) {
  return (
    <div className="max-md:col-span-2 max-md:flex max-md:gap-x-4">
      <p className="w-18 shrink-0 text-soft">{term}</p>
      <p>
        <TimeStamp seconds={seconds} />
      </p>
    </div>
  );
}

/** For example "Chrome on Windows". The sender chooses the `User-Agent`, so use the name for display only. */
export function browserName(userAgent: string | null): string {
  if (!userAgent) return "Unknown browser";
  const { browser, os } = Bowser.parse(userAgent);
  const name = browser.name || "Unknown browser";
  return os.name && !name.includes(os.name) ? `${name} on ${os.name}` : name;
}
