import type { Metadata } from "next";
import { SessionFacts } from "@/components/demo/session-facts";
import { TokenCard } from "@/components/demo/token-card";
import { UserinfoCard } from "@/components/demo/userinfo-card";
import { LogOutButton } from "@/components/site/auth-buttons";
import { Identity } from "@/components/site/identity";
import { Card } from "@/components/ui/card";
import { requireUser } from "@/lib/auth/current-user";
import { decodeJwt } from "@/lib/auth/provider/jwt";

export const metadata: Metadata = { title: "Dashboard" };

const REFRESH_NOTES = {
  none: "None. When the access token expires, you log in again.",
  present: "Present. The server renews the access token with it, before a page is rendered.",
};

export default async function DashboardPage() {
  const { user, session } = await requireUser("/dashboard");
  const { scope, createdAt, expiresAt, idleExpiresAt } = session;
  return (
    <>
      <Identity user={user} greeting="Welcome, ">
        <div className="md:hidden">
          <LogOutButton />
        </div>
      </Identity>
      <div className="grid gap-5">
        <SessionFacts subject={user.sub} {...{ scope, createdAt, expiresAt, idleExpiresAt }} />
        <div className="grid items-start gap-5 lg:grid-cols-2">
          <div className="grid min-w-0 gap-5">
            <UserinfoCard userinfo={session.userinfo} />
            <TokenCard
              title="Access token"
              note="Says what may be done in your name. It is for the API."
              claims={decodeJwt(session.accessToken)?.claims ?? null}
              expiresAt={session.accessTokenExpiresAt}
            />
          </div>
          <div className="grid min-w-0 gap-5">
            <TokenCard
              title="ID token"
              note="Says who you are. It is for this app."
              claims={session.idTokenClaims}
              expiresAt={session.idTokenClaims.exp ?? null}
            />
            <Card
              title="Refresh token"
              note={REFRESH_NOTES[session.refreshToken === null ? "none" : "present"]}
            />
          </div>
        </div>
      </div>
    </>
  );
}
