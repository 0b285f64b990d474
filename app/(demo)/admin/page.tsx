import type { Metadata } from "next";
import { MessagePanel } from "@/components/demo/message-panel";
import { PageHeader } from "@/components/demo/page-header";
import { ForbiddenPanel } from "@/components/site/forbidden-panel";
import { requireUser } from "@/lib/auth/current-user";
import { getMessage } from "@/lib/messages";
import { refuse } from "@/lib/page-refusals";

export const metadata: Metadata = { title: "Admin" };

const REFUSAL = [
  "You are logged in, but the API lets only people with the permission read:admin-messages read this message.",
  "The API decides that, not this app. Ask the person who manages permissions, or log in as somebody who has this one.",
];

export default async function AdminPage() {
  await requireUser("/admin");
  const result = await getMessage("admin");
  if (result.status === "forbidden") {
    return refuse(<ForbiddenPanel paragraphs={REFUSAL} returnTo="/admin" />);
  }
  return (
    <>
      <PageHeader eyebrow="Needs a permission" title="Admin message">
        The API gives this message to people with the permission read:admin-messages. The API decides, not
        this app.
      </PageHeader>
      <MessagePanel name="admin" result={result} />
    </>
  );
}
