import type { Metadata } from "next";
import { MessagePanel } from "@/components/demo/message-panel";
import { PageHeader } from "@/components/demo/page-header";
import { Sequence, type Step } from "@/components/demo/sequence";
import { ForbiddenPanel } from "@/components/site/forbidden-panel";
import { requireUser } from "@/lib/auth/current-user";
import { getMessage } from "@/lib/messages";
import { refuse } from "@/lib/page-refusals";

export const metadata: Metadata = { title: "Admin" };

const REFUSAL = [
  "You are logged in, but you need the permission read:admin-messages to read this message.",
  "The API decides that, not this app. Ask the person who manages permissions to give you this permission, or log in as somebody who has it.",
];

const STEPS: readonly Step[] = [
  { kind: "message", from: "browser", to: "app", label: "Admin message", wire: "GET /admin" },
  { kind: "box", from: "app", label: "Session is valid" },
  { kind: "message", from: "app", to: "api", label: "Requested with your token", wire: "GET, Bearer token" },
  { kind: "box", from: "api", label: "Refused", state: "failed" },
  { kind: "answer", from: "api", to: "app", label: "Permission is missing", wire: "403 Forbidden" },
  { kind: "answer", from: "app", to: "browser", label: "This page", wire: "403" },
];

export default async function AdminPage() {
  await requireUser("/admin");
  const result = await getMessage("admin");
  if (result.status === "forbidden") {
    const aside = <Sequence title="Who refused" steps={STEPS} />;
    return refuse(<ForbiddenPanel paragraphs={REFUSAL} returnTo="/admin" aside={aside} />);
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
