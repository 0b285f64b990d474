import type { Metadata } from "next";
import { headers } from "next/headers";
import { forbidden } from "next/navigation";
import { ForbiddenPanel } from "@/components/forbidden-panel";
import { MessagePanel } from "@/components/message-panel";
import { PageHeader } from "@/components/page-header";
import { requireUser } from "@/lib/auth/current-user";
import { ANSWER_STATUS_HEADER } from "@/lib/auth/request";
import { getMessage } from "@/lib/messages";

export const metadata: Metadata = { title: "Admin" };

export default async function AdminPage() {
  await requireUser("/admin");
  const result = await getMessage("admin");
  if (result.status === "forbidden") {
    // forbidden() leaves an empty page without JavaScript: where the middleware answers 403 already, render the panel here.
    if ((await headers()).get(ANSWER_STATUS_HEADER) === "403") return <ForbiddenPanel />;
    forbidden();
  }
  return (
    <>
      <PageHeader eyebrow="Needs a permission" title="Admin message">
        The API gives this message to those who hold the permission read:admin-messages. It decides, not this
        app.
      </PageHeader>
      <MessagePanel name="admin" result={result} />
    </>
  );
}
