import { Card } from "@/components/card";
import { JsonView } from "@/components/json-view";
import type { Claims } from "@/lib/auth/jwt";

interface UserinfoCardProps {
  /** Null where the provider has no such endpoint, or refused. */
  userinfo: Claims | null;
}

export function UserinfoCard({ userinfo }: UserinfoCardProps) {
  return (
    <Card title="Userinfo" note="What the provider's userinfo endpoint said when you logged in.">
      {userinfo ? (
        <JsonView label="Userinfo" value={userinfo} />
      ) : (
        <p className="text-sm text-soft">Nothing. The claims of the ID token serve instead.</p>
      )}
    </Card>
  );
}
