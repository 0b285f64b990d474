"use client"; // Next.js wants error boundaries on the client

import { SITE } from "@/lib/site";
import "@/app/globals.css";
import { CrashPage, type CrashPageProps } from "@/components/site/crash-page";

/** The layout itself failed: a document of its own. */
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
