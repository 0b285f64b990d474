import type { Metadata } from "next";
import { LiveUser } from "@/components/demo/live-user";
import { SessionFacts } from "@/components/demo/session-facts";
import { TokenCard } from "@/components/demo/token-card";
import { UserinfoCard } from "@/components/demo/userinfo-card";
import { SessionEnd } from "@/components/session/session-end";
import { SessionProvider } from "@/components/session/session-provider";
import { LogOutButton } from "@/components/site/auth-buttons";
import { Identity } from "@/components/site/identity";
import { Card } from "@/components/ui/card";
import { requireUser } from "@/lib/auth/current-user";
import { decodeJwt } from "@/lib/auth/provider";

export const metadata: Metadata = { title: "Dashboard" };

const REFRESH_NOTES = {
  none: "None. When the access token expires, you have to log in again.",
  present: "Present. The server uses it to renew the access token before it renders a page.",
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
        <SessionFacts subject={user.sub} {...{ scope, createdAt, expiresAt, idleExpiresAt }}>
          <SessionProvider>
            <p role="status" className="mt-6 text-sm text-soft">
              This tab is logged in as <LiveUser />
            </p>
            <SessionEnd />
          </SessionProvider>
        </SessionFacts>
        <div className="grid items-start gap-5 lg:grid-cols-2">
          <div className="grid min-w-0 gap-5">
            <UserinfoCard userinfo={session.userinfo} />
            <TokenCard
              title="Access token"
              note="Lets the app call the API in your name."
              claims={decodeJwt(session.accessToken)?.claims ?? null}
              expiresAt={session.accessTokenExpiresAt}
            />
          </div>
          <div className="grid min-w-0 gap-5">
            <TokenCard
              title="ID token"
              note="Tells this app who you are."
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
