import { Card } from "@/components/ui/card";
import { JsonView } from "@/components/ui/json-view";
import type { Claims } from "@/lib/auth/provider";

interface UserinfoCardProps {
  /** Null if the provider has no userinfo endpoint, or refused the request. */
  userinfo: Claims | null;
}

export function UserinfoCard({ userinfo }: UserinfoCardProps) {
  return (
    <Card title="Userinfo" note="The answer of the provider's userinfo endpoint when you logged in.">
      {userinfo ? (
        <JsonView label="Userinfo" value={userinfo} />
      ) : (
        <p className="text-sm text-soft">None. The app uses the claims of the ID token instead.</p>
      )}
    </Card>
  );
}
