"use client"; // Next.js requires it for error boundaries

import { SITE } from "@/lib/site";
import "@/app/globals.css";
import { CrashPage, type CrashPageProps } from "@/components/site/crash-page";

/** Replaces the whole document when the layout itself fails. */
export default function GlobalError(props: CrashPageProps) {
  return (
    <html lang="en">
      <body>
        <title>{`Something went wrong · ${SITE.name}`}</title>
        <main>
          <CrashPage {...props} />
        </main>
      </body>
    </html>
  );
}
