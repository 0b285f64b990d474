import type { ReactNode } from "react";
import { ButtonLink } from "@/components/ui/button";

interface StatusPageProps {
  /** A few words above the title: a status code or the kind of problem. */
  eyebrow: string;
  title: string;
  /** What happened and what to do, as paragraphs. */
  paragraphs: readonly string[];
  /** The request id in the server's log; null if nothing was logged. */
  reference?: string | null;
  /** Buttons before the one that leads home. */
  children?: ReactNode;
}

/** A page that says what went wrong and what to do next. */
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
          <span className="block">The details are in the server's log, under this reference.</span>
        </div>
      )}
    </div>
  );
}
