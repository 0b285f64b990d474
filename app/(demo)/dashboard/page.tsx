import type { Metadata } from "next";
import Link from "next/link"; // part: inspector
import { ClaimsRow } from "@/components/demo/claims-row";
import { LiveUser } from "@/components/demo/live-user";
import { SessionFacts } from "@/components/demo/session-facts";
import { SessionEnd } from "@/components/session/session-end";
import { SessionProvider } from "@/components/session/session-provider";
import { LogOutButton } from "@/components/site/auth-buttons";
import { Identity } from "@/components/site/identity";
import { count } from "@/components/ui/chips";
import { formatRelative } from "@/components/ui/time-stamp";
import { requireUser } from "@/lib/auth/current-user";
import { decodeJwt } from "@/lib/auth/provider";
import { sessionEnd } from "@/lib/auth/session";

export const metadata: Metadata = { title: "Dashboard" };

const REFRESH_TOKENS = {
  none: { chip: "None", none: "When the access token expires, you have to log in again." },
  kept: {
    chip: "Kept, encrypted",
    none: "It is opaque: only the provider knows what it means, so there are no claims to show.",
  },
};

export default async function DashboardPage() {
  const { user, session } = await requireUser("/dashboard");
  const { scope, createdAt, userinfo, idTokenClaims } = session;
  return (
    <>
      <Identity user={user} greeting="Welcome, ">
        <div className="md:hidden">
          <LogOutButton />
        </div>
      </Identity>
      <SessionFacts subject={user.sub} {...{ scope, createdAt, ...sessionEnd(session) }}>
        <SessionProvider>
          <p role="status">
            This tab is logged in as <LiveUser />
          </p>
          <SessionEnd />
        </SessionProvider>
      </SessionFacts>
      {/* part: inspector */}
      <p className="mt-6">
        <Link href="/inspector" prefetch={false} className="link">
          Look inside this login, step by step
        </Link>
      </p>
      {/* end part: inspector */}
      <section aria-labelledby="given" className="section">
        <h2 id="given">What the provider sent</h2>
        <div className="disclosures">
          <ClaimsRow
            title="Userinfo"
            note="What the provider told the app about you when you logged in"
            chip={userinfo ? count(Object.keys(userinfo).length, "claim") : "None"}
            claims={userinfo}
            none="The provider sent no userinfo. The app uses the claims of the ID token instead."
            label="Userinfo"
            open
          />
          <ClaimsRow
            title="ID token"
            note="Tells this app who you are"
            chip={expiry(idTokenClaims.exp)}
            claims={idTokenClaims}
            none="The token has no claims."
          />
          <ClaimsRow
            title="Access token"
            note="Lets the app call the API in your name"
            chip={expiry(session.accessTokenExpiresAt)}
            claims={decodeJwt(session.accessToken)?.claims ?? null}
            none="This token is opaque, so there are no claims to show."
          />
          <ClaimsRow
            title="Refresh token"
            note="Lets the app get a new access token when the old one expires"
            claims={null}
            {...REFRESH_TOKENS[session.refreshToken === null ? "none" : "kept"]}
          />
        </div>
      </section>
    </>
  );
}

/** @param seconds Unix seconds. A claim can contain any value. Null means that the provider stated no expiry. */
function expiry(seconds: unknown): string {
  const date = new Date(typeof seconds === "number" ? seconds * 1000 : Number.NaN);
  if (Number.isNaN(date.getTime())) return "Expiry not stated";
  return `${date < new Date() ? "Expired" : "Expires"} ${formatRelative(date, new Date())}`;
}
