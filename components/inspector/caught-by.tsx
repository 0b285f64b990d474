import { LESSONS, type LessonName } from "@/lib/auth/inspector/lessons";

interface CaughtByProps {
  lesson: LessonName | null;
  /** The reason code of the failed login. */
  reason: string;
}

/** Shows which check stopped a login, where the check is in the source, and what it prevents. */
export function CaughtBy({ lesson, reason }: CaughtByProps) {
  if (!lesson)
    return <p className="caught">No check of this app stopped the login. The reason is {reason}.</p>;
  const { check, source, without } = LESSONS[lesson];
  return (
    <dl className="caught">
      <dt>Stopped by</dt>
      <dd>{check}.</dd>
      <dt>In the source</dt>
      <dd>
        <code>{source.join(", ")}</code>
      </dd>
      <dt>Without it</dt>
      <dd>{without}</dd>
    </dl>
  );
}
