import { type ReactNode, useId } from "react";

interface CardProps {
  /** The element's id, so that links can lead to the card. */
  id?: string;
  title: string;
  /** A sentence under the title. */
  note?: ReactNode;
  children?: ReactNode;
}

/** Shows a section with a title and a thin border. */
export function Card({ id, title, note, children }: CardProps) {
  const titleId = useId();
  return (
    <section id={id} aria-labelledby={titleId} className="card">
      <h2 id={titleId}>{title}</h2>
      {note && <p>{note}</p>}
      {children && <div>{children}</div>}
    </section>
  );
}
