"use client"; // Next.js requires it for error boundaries

import "@/app/globals.css";
import type { CrashPageProps } from "@/components/site/crash-page";

/** Replaces the whole document if the layout fails. Every page loads this script, so it imports no other component. */
export default function GlobalError({ retry }: CrashPageProps) {
  return (
    <html lang="en">
      <body>
        <title>Something went wrong</title>
        <main className="status-page">
          <h1>Something went wrong</h1>
          <p>The app could not show this page. The server's log may say why.</p>
          <button type="button" onClick={retry} className="button primary">
            Try again
          </button>
        </main>
      </body>
    </html>
  );
}
