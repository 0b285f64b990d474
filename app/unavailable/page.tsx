import type { Metadata } from "next";
import { headers } from "next/headers";
import { notFound } from "next/navigation";
import { buttonClass } from "@/components/ui/button";
import { StatusPage } from "@/components/ui/status-page";
import { ANSWER_STATUS_HEADER, REQUEST_ID_HEADER } from "@/lib/auth/http";

export const metadata: Metadata = { title: "Sessions unavailable" };

const PARAGRAPHS = [
  "Sessions are kept in a store, and it cannot be reached just now. You have not been logged out: once it is back, all is as before.",
  "Nothing was lost. Try again in a moment.",
];

/** What the middleware shows in place of any page while the session store is away; it has no address of its own. */
export default async function UnavailablePage() {
  const sent = await headers();
  if (sent.get(ANSWER_STATUS_HEADER) !== "503") notFound();
  return (
    <StatusPage
      eyebrow="503"
      title="Your session cannot be read right now"
      paragraphs={PARAGRAPHS}
      reference={sent.get(REQUEST_ID_HEADER)}
    >
      {/* biome-ignore lint/a11y/useValidAnchor: an empty address is that of the page itself, a login's answer included */}
      <a href="" className={buttonClass("primary")}>
        Try again
      </a>
    </StatusPage>
  );
}
