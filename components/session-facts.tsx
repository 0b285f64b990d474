import { Card } from "@/components/card";
import { Chips } from "@/components/chips";
import { FactList } from "@/components/fact-list";
import { TimeStamp } from "@/components/time-stamp";
import type { Session } from "@/lib/auth/session-data";

interface SessionFactsProps {
  subject: string;
  session: Session;
}

export function SessionFacts({ subject, session }: SessionFactsProps) {
  const scopes = [...new Set(session.scope.split(/\s+/).filter(Boolean))];
  return (
    <Card title="Session" note="It ends at the earlier of the two times; a visit moves the idle one.">
      <FactList
        facts={[
          { term: "Since", description: <TimeStamp seconds={session.createdAt} /> },
          { term: "Until", description: <TimeStamp seconds={session.expiresAt} /> },
          { term: "Idle until", description: <TimeStamp seconds={session.idleExpiresAt} /> },
          { term: "Subject", description: <bdi className="font-mono text-[0.8125rem]">{subject}</bdi> },
        ]}
      />
      <h3 className="mt-6 mb-2 text-sm text-soft">Granted scopes</h3>
      {scopes.length > 0 ? <Chips items={scopes} /> : <p className="text-sm">None stated</p>}
    </Card>
  );
}
