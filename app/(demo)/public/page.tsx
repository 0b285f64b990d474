import type { Metadata } from "next";
import { MessagePanel } from "@/components/demo/message-panel";
import { PageHeader } from "@/components/demo/page-header";
import { getMessage } from "@/lib/messages";

export const metadata: Metadata = { title: "Public" };

export default async function PublicPage() {
  return (
    <>
      <PageHeader eyebrow="Open to everybody" title="Public message">
        The API gives this message to everybody. The server requests it without a token.
      </PageHeader>
      <MessagePanel name="public" result={await getMessage("public")} />
    </>
  );
}
