import type { Metadata } from "next";
import { FORBIDDEN_TITLE, ForbiddenPanel } from "@/components/site/forbidden-panel";
import { SITE } from "@/lib/site";

export const metadata: Metadata = {
  // Next.js renders this page only with JavaScript. Without JavaScript, the browser gets an empty body and this title,
  // which the style sheet makes visible. With JavaScript, the title of the page that called `forbidden()` replaces this
  // title, so the component below sets it again.
  title: FORBIDDEN_TITLE,
  icons: { other: { rel: "stylesheet", url: "/forbidden.css" } },
};

/** The page that `forbidden()` shows. */
export default function Forbidden() {
  return (
    <>
      <title>{`${FORBIDDEN_TITLE} · ${SITE.name}`}</title>
      <ForbiddenPanel />
    </>
  );
}
