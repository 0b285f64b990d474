import type { Metadata } from "next";
import { Identity } from "@/components/site/identity";
import { ProgramsCard } from "@/components/site/program-list"; // part: broker
import { SessionList } from "@/components/site/session-list"; // part: remote-logout
import { Card } from "@/components/ui/card";
import { JsonView } from "@/components/ui/json-view";
import { requireUser } from "@/lib/auth/current-user";

export const metadata: Metadata = { title: "Profile" };

export default async function ProfilePage() {
  const { user, session } = await requireUser("/profile");
  return (
    <>
      <Identity user={user} />
      <Card title="ID token claims" note="What the provider states about you. The app checked the signature.">
        <JsonView label="ID token claims" value={session.idTokenClaims} />
      </Card>
      <SessionList /> {/* part: remote-logout */}
      <ProgramsCard /> {/* part: broker */}
    </>
  );
}
