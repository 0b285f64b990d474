import type { Metadata } from "next";
import { LoggedOutNotice } from "@/components/demo/logged-out-notice"; // part: demo
import { LOGIN_STEPS } from "@/components/demo/login-sequence"; // part: demo
import { NextSteps } from "@/components/demo/next-steps"; // part: demo
import { PageList } from "@/components/demo/page-list"; // part: demo
import { Sequence } from "@/components/demo/sequence"; // part: demo
import { StartWays } from "@/components/demo/start-ways"; // part: demo
import { timedSteps } from "@/components/inspector/timed-steps"; // part: inspector
import { Welcome } from "@/components/site/welcome";
import { getSession, getUser } from "@/lib/auth/current-user";
import { sessionEnd } from "@/lib/auth/session";
import { getSettings } from "@/lib/settings";
import { SITE } from "@/lib/site";

/** Metadata for link previews on other sites. */
export function generateMetadata(): Metadata {
  const { name, headline, description } = SITE;
  const image = { url: "/social.png", width: 1200, height: 630, alt: headline };
  return {
    description,
    metadataBase: new URL(getSettings().appBaseUrl),
    openGraph: { title: headline, description, siteName: name, type: "website", url: "/", images: [image] },
  };
}

export default async function HomePage() {
  const user = await getUser();
  const session = await getSession();
  let steps = LOGIN_STEPS; // part: demo
  const times = session?.times; // part: inspector
  if (times) steps = timedSteps(times, null).map(({ bar, ...step }) => step); // part: inspector
  let page = (
    <div className={user ? "home in" : "home"}>
      <Welcome user={user} expiresAt={session ? sessionEnd(session).expiresAt : undefined} />
      {/* part: demo */}
      <Sequence title={user ? "Your login" : "What happens when you log in"} steps={steps} />
      {user && <NextSteps />}
      {/* end part: demo */}
    </div>
  );
  // part: demo
  page = (
    <>
      {!user && <LoggedOutNotice />}
      {page}
      {!user && <StartWays />}
      {!user && <PageList title="What you can open" />}
    </>
  );
  // end part: demo
  return page;
}
