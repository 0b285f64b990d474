import { type ReactNode, useId } from "react";

interface NoticeProps {
  title: string;
  /** What happened. */
  what: string;
  /** What to do about it. */
  next: string;
  /** A button or link for the next step. */
  children?: ReactNode;
  /** A diagram that shows what happened. */
  aside?: ReactNode;
}

/** Says what did not work, and what to do next. */
export function Notice({ title, what, next, children, aside }: NoticeProps) {
  const titleId = useId();
  return (
    <div role="alert" aria-labelledby={titleId} className="notice">
      <div>
        <p className="sign waiting">Not available</p>
        <h2 id={titleId}>{title}</h2>
        <p>{what}</p>
        <p>{next}</p>
        {children}
      </div>
      {aside}
    </div>
  );
}
