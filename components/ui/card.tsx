import { type ReactNode, useId } from "react";

interface CardProps {
  title: string;
  /** A sentence under the title. */
  note?: ReactNode;
  children?: ReactNode;
}

/** A section with a title and a thin border. */
export function Card({ title, note, children }: CardProps) {
  const titleId = useId();
  return (
    <section
      aria-labelledby={titleId}
      className="min-w-0 rounded-xl border border-line bg-surface p-5 sm:p-6"
    >
      <h2 id={titleId} className="text-base font-semibold">
        {title}
      </h2>
      {note && <p className="mt-1 text-sm leading-6 text-soft">{note}</p>}
      {children && <div className="mt-5">{children}</div>}
    </section>
  );
}
