import type { Metadata } from "next";
import { headers } from "next/headers";
import { notFound } from "next/navigation";
import { buttonClass } from "@/components/ui/button";
import { StatusPage } from "@/components/ui/status-page";
import { ANSWER_STATUS_HEADER, REQUEST_ID_HEADER } from "@/lib/auth/http";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await isUnavailable()) ? "Sessions unavailable" : "Not found" };
}

const PARAGRAPHS = [
  "The app keeps sessions in a store, and the store is unavailable right now. You have not been logged out.",
  "Try again in a moment.",
];

/** The middleware shows this page instead of a page whose session it cannot read. Otherwise, this page is a 404. */
export default async function UnavailablePage() {
  if (!(await isUnavailable())) notFound();
  return (
    <StatusPage
      eyebrow="503, try again"
      kind="waiting"
      title="Your session cannot be read right now"
      paragraphs={PARAGRAPHS}
      reference={(await headers()).get(REQUEST_ID_HEADER)}
    >
      {/* biome-ignore lint/a11y/useValidAnchor: an empty href is the URL of the page that failed, with its query */}
      <a href="" className={buttonClass("primary")}>
        Try again
      </a>
    </StatusPage>
  );
}

async function isUnavailable(): Promise<boolean> {
  return (await headers()).get(ANSWER_STATUS_HEADER) === "503";
}
