import type { ReactNode } from "react";
import { Card } from "@/components/ui/card";
import { Chips } from "@/components/ui/chips";
import { FactList } from "@/components/ui/fact-list";
import { TimeStamp } from "@/components/ui/time-stamp";
import type { Session } from "@/lib/auth/session";

/** Without the tokens: in development, React sends the props of server components to the browser. */
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
    <Card title="Session" note="It ends at the earlier of the two times. A visit extends the idle time.">
      <FactList
        facts={[
          { term: "Since", description: <TimeStamp seconds={createdAt} /> },
          { term: "Until", description: <TimeStamp seconds={expiresAt} /> },
          { term: "Idle until", description: <TimeStamp seconds={idleExpiresAt} /> },
          { term: "Subject", description: <bdi className="font-mono text-[0.8125rem]">{subject}</bdi> },
        ]}
      />
      <h3 className="mt-6 mb-2 text-sm text-soft">Granted scopes</h3>
      {scopes.length > 0 ? <Chips items={scopes} /> : <p className="text-sm">None stated</p>}
      {children}
    </Card>
  );
}
