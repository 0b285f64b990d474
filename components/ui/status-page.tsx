import type { ReactNode } from "react";
import { ButtonLink } from "@/components/ui/button";

interface StatusPageProps {
  /** A short word before the title: a status code, or what kind of trouble it is. */
  eyebrow: string;
  title: string;
  /** What happened and what to do, as paragraphs. */
  paragraphs: readonly string[];
  /** What to look for in the server's log; null when there is nothing. */
  reference?: string | null;
  /** The next step, before the way home. */
  children?: ReactNode;
}

/** A page that says what went wrong and where to go from here. */
export function StatusPage({ eyebrow, title, paragraphs, reference = null, children }: StatusPageProps) {
  return (
    <div className="status-page">
      <p className="eyebrow">{eyebrow}</p>
      <h1>{title}</h1>
      {paragraphs.map((paragraph, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
        <p key={index}>{paragraph}</p>
      ))}
      <div className="actions">
        {children}
        <ButtonLink href="/" variant="secondary">
          Home
        </ButtonLink>
      </div>
      {reference && (
        <div className="mt-10 border-t border-line pt-4 text-sm text-soft">
          Reference <code className="font-mono text-ink wrap-anywhere select-all">{reference}</code>
          <span className="block">The server's log has the details under it.</span>
        </div>
      )}
    </div>
  );
}
