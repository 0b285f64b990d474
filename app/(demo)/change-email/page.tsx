import type { Metadata } from "next";
import { PageHeader } from "@/components/demo/page-header";
import { Card } from "@/components/ui/card";
import { FactList } from "@/components/ui/fact-list";
import { TimeStamp } from "@/components/ui/time-stamp";
import { requireUser } from "@/lib/auth/current-user";

export const metadata: Metadata = { title: "Change e-mail" };

const RECENT = 300; // seconds

export default async function ChangeEmailPage() {
  const { user, session } = await requireUser("/change-email", { maxAge: RECENT });
  const { authTime = 0 } = session;
  return (
    <>
      <PageHeader eyebrow="Needs a recent login" title="Change e-mail">
        This page opens for five minutes after a login at the provider, so that nobody can take over your
        account in a browser that you left open.
      </PageHeader>
      <Card
        title="Your e-mail"
        note="The demo's provider stores this address but cannot change it. In your app, put your own form here."
      >
        <FactList
          facts={[
            { term: "E-mail", description: user.email ?? "None" },
            { term: "Last login", description: <TimeStamp seconds={authTime} /> },
            { term: "Open until", description: <TimeStamp seconds={authTime + RECENT} /> },
          ]}
        />
      </Card>
    </>
  );
}
