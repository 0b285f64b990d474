import type { ReactNode } from "react";
import { Chips } from "@/components/ui/chips";
import { FactList } from "@/components/ui/fact-list";
import { TimeStamp } from "@/components/ui/time-stamp";
import type { Session } from "@/lib/auth/session";

/** The props exclude tokens, because in development React sends the props of server components to the browser. */
interface SessionFactsProps extends Pick<Session, "scope" | "createdAt" | "expiresAt" | "idleExpiresAt"> {
  subject: string;
  children?: ReactNode;
}

export function SessionFacts({
  subject,
  scope,
  createdAt,
  expiresAt,
  idleExpiresAt,
  children,
}: SessionFactsProps) {
  const scopes = [...new Set(scope.split(/\s+/).filter(Boolean))];
  return (
    <section aria-label="Session" className="session-facts">
      <FactList
        facts={[
          { term: "Since", description: <TimeStamp seconds={createdAt} /> },
          { term: "Until", description: <TimeStamp seconds={expiresAt} /> },
          { term: "If idle, until", description: <TimeStamp seconds={idleExpiresAt} /> },
          { term: "Subject", description: <bdi>{subject}</bdi> },
        ]}
      />
      <div>
        <h2>Granted scopes</h2>
        {scopes.length > 0 ? <Chips items={scopes} /> : <p>None stated</p>}
        {children}
      </div>
    </section>
  );
}
