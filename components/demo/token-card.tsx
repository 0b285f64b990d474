import { Card } from "@/components/ui/card";
import { JsonView } from "@/components/ui/json-view";
import { TimeStamp } from "@/components/ui/time-stamp";
import type { Claims } from "@/lib/auth/provider";

interface TokenCardProps {
  title: string;
  /** What the token is for. */
  note: string;
  /** The decoded claims, never the token; null for an opaque token. */
  claims: Claims | null;
  /** Unix seconds; null if the provider did not state it. */
  expiresAt: unknown;
}

/** The claims and the expiry of a token. */
export function TokenCard({ title, note, claims, expiresAt }: TokenCardProps) {
  return (
    <Card title={title} note={note}>
      <dl className="mb-4 text-sm leading-6">
        <dt className="text-soft">Expires</dt>
        <dd>{expiresAt === null ? "Not stated" : <TimeStamp seconds={expiresAt} />}</dd>
      </dl>
      {claims ? (
        <JsonView label={`${title} claims`} value={claims} />
      ) : (
        <p className="text-sm text-soft">This token is opaque, so there are no claims to show.</p>
      )}
    </Card>
  );
}
