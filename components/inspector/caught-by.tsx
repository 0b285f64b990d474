import { LESSONS, type LessonName } from "@/lib/auth/inspector/lessons";

interface CaughtByProps {
  lesson: LessonName | null;
  /** The reason of the login's error. */
  reason: string;
}

/** Which check stopped a login, where it is in the source, and what it prevents. */
export function CaughtBy({ lesson, reason }: CaughtByProps) {
  if (!lesson) return <p className="caught">No check of this app stopped it. The reason is {reason}.</p>;
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
