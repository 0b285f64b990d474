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
        <main className="mx-auto w-full max-w-5xl px-5 py-10 sm:py-16">
          <CrashPage {...props} />
        </main>
      </body>
    </html>
  );
}
