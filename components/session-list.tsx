import { browserName } from "@/components/browser-name";
import { buttonClass } from "@/components/button";
import { Card } from "@/components/card";
import { TimeStamp } from "@/components/time-stamp";
import type { SessionSummary } from "@/lib/auth/session-directory";

interface SessionListProps {
  sessions: readonly SessionSummary[];
}

/** Everywhere that a person is logged in, and the way out of each. */
export function SessionList({ sessions }: SessionListProps) {
  return (
    <Card title="Your sessions" note="Everywhere that you are logged in. Ending one takes effect at once.">
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
    <li className="flex flex-wrap items-center justify-between gap-x-8 gap-y-3 py-4 text-sm leading-6">
      <div className="min-w-0 grow basis-60">
        <p className="font-medium wrap-anywhere">{browser}</p>
        {session.isCurrent && <p className="text-soft">This browser</p>}
      </div>
      <SessionTime term="Since" seconds={session.createdAt} />
      <SessionTime term="Last seen" seconds={session.seenAt} />
      {!session.isCurrent && (
        <form method="post" action="/auth/sessions">
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

function SessionTime({ term, seconds }: { term: string; seconds: number }) {
  return (
    <div className="basis-44">
      <p className="text-soft">{term}</p>
      <TimeStamp seconds={seconds} />
    </div>
  );
}
