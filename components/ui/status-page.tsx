import type { ReactNode } from "react";
import { buttonClass } from "@/components/ui/button";

/** The kind of status. The page shows it with a colour and an icon, in addition to the words. */
export type StatusKind = "failed" | "denied" | "waiting" | "done";

interface StatusPageProps {
  /** A few words above the title: a status code or the kind of problem. */
  eyebrow: string;
  /** Absent if no kind fits, e.g. on the page for an unknown address. */
  kind?: StatusKind;
  title: string;
  /** What happened and what to do, as paragraphs. */
  paragraphs: readonly string[];
  /** The request id in the server's log; null if nothing was logged. */
  reference?: string | null;
  /** Buttons before the button that leads home. */
  children?: ReactNode;
  /** A diagram beside the words that shows what happened. */
  aside?: ReactNode;
}

/** A page that says what happened and what to do next. */
export function StatusPage(props: StatusPageProps) {
  const { eyebrow, kind, title, paragraphs, reference = null, children, aside } = props;
  const words = (
    <>
      <p className={kind ? `sign ${kind}` : "sign"}>{eyebrow}</p>
      <h1>{title}</h1>
      {paragraphs.map((paragraph, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
        <p key={index}>{paragraph}</p>
      ))}
      <div className="actions">
        {children}
        <a href="/" className={buttonClass(children ? "secondary" : "primary")}>
          Home
        </a>
      </div>
      {reference && (
        <div className="reference">
          Reference <code className="font-mono text-ink wrap-anywhere select-all">{reference}</code>
          <span className="block">The details are in the server's log, under this reference.</span>
        </div>
      )}
    </>
  );
  // Keep this markup small: Next.js puts the 403 and 404 pages into the payload of every page.
  if (!aside) return <div className="status-page">{words}</div>;
  return (
    <div className="status-page">
      <div>{words}</div>
      <aside>{aside}</aside>
    </div>
  );
}
