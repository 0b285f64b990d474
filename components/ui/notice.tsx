import { type ReactNode, useId } from "react";
import { Icon } from "@/components/ui/icon";

interface NoticeProps {
  title: string;
  /** What happened. */
  what: string;
  /** What to do about it. */
  next: string;
  /** A control that does it. */
  children?: ReactNode;
}

/** Says what did not work, and what to do next. */
export function Notice({ title, what, next, children }: NoticeProps) {
  const titleId = useId();
  return (
    <div
      role="alert"
      aria-labelledby={titleId}
      className="flex max-w-2xl gap-4 rounded-xl border border-warning-line bg-warning-tint p-5 sm:p-6"
    >
      <Icon name="alert" className="size-6 text-warning" />
      <div className="min-w-0">
        <h2 id={titleId} className="font-semibold">
          {title}
        </h2>
        <p className="mt-2 leading-7">{what}</p>
        <p className="leading-7 text-soft">{next}</p>
        {children && <div className="mt-5 flex flex-wrap gap-3">{children}</div>}
      </div>
    </div>
  );
}
