import type { Metadata } from "next";
import { MessagePanel } from "@/components/demo/message-panel";
import { PageHeader } from "@/components/demo/page-header";
import { requireUser } from "@/lib/auth/current-user";
import { getMessage } from "@/lib/messages";

export const metadata: Metadata = { title: "Protected" };

export default async function ProtectedPage() {
  await requireUser("/protected");
  return (
    <>
      <PageHeader eyebrow="Needs a login" title="Protected message">
        The API gives this message to everybody who is logged in. The server requests it with your access
        token.
      </PageHeader>
      <MessagePanel name="protected" result={await getMessage("protected")} />
    </>
  );
}
