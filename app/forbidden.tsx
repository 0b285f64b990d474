import type { Metadata } from "next";
import { FORBIDDEN_TITLE, ForbiddenPanel } from "@/components/site/forbidden-panel";
import { SITE } from "@/lib/site";

export const metadata: Metadata = {
  // Next draws this page with JavaScript only, and without it sends an empty body and this title, which the style sheet
  // shows. With JavaScript it takes the title of the page that refuses, hence the other one below.
  title: FORBIDDEN_TITLE,
  icons: { other: { rel: "stylesheet", url: "/forbidden.css" } },
};

/** What `forbidden()` shows, on any page. */
export default function Forbidden() {
  return (
    <>
      <title>{`${FORBIDDEN_TITLE} · ${SITE.name}`}</title>
      <ForbiddenPanel />
    </>
  );
}
