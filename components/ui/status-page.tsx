import type { ReactNode } from "react";
import { ButtonLink } from "@/components/ui/button";
import { Icon, type IconName } from "@/components/ui/icon";

/** What a page is about, told by colour and picture besides the words. */
export type StatusKind = "failed" | "denied" | "waiting" | "done";

const ICONS: Record<StatusKind, IconName> = {
  failed: "alert",
  denied: "key",
  waiting: "alert",
  done: "check",
};

interface StatusPageProps {
  /** A few words above the title: a status code or the kind of problem. */
  eyebrow: string;
  /** Absent for a page that is about nothing that went wrong or well, such as an unknown address. */
  kind?: StatusKind;
  title: string;
  /** What happened and what to do, as paragraphs. */
  paragraphs: readonly string[];
  /** The request id in the server's log; null if nothing was logged. */
  reference?: string | null;
  /** Buttons before the one that leads home. */
  children?: ReactNode;
  /** A picture of what happened, beside the words. */
  aside?: ReactNode;
}

/** A page that says what happened and what to do next. */
export function StatusPage(props: StatusPageProps) {
  const { eyebrow, kind, title, paragraphs, reference = null, children, aside } = props;
  return (
    <div className="status-page">
      <div>
        <p className={kind ? `sign ${kind}` : "sign"}>
          {kind && <Icon name={ICONS[kind]} />}
          {eyebrow}
        </p>
        <h1>{title}</h1>
        {paragraphs.map((paragraph, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
          <p key={index}>{paragraph}</p>
        ))}
        <div className="actions">
          {children}
          <ButtonLink href="/" variant={children ? "secondary" : "primary"}>
            Home
          </ButtonLink>
        </div>
        {reference && (
          <div className="reference">
            Reference <code className="font-mono text-ink wrap-anywhere select-all">{reference}</code>
            <span className="block">The details are in the server's log, under this reference.</span>
          </div>
        )}
      </div>
      {aside && <aside>{aside}</aside>}
    </div>
  );
}
