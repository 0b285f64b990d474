"use client"; // Next.js wants error boundaries on the client

import { buttonClass } from "@/components/ui/button";
import { StatusPage } from "@/components/ui/status-page";

export interface CrashPageProps {
  error: unknown;
  retry: () => void;
}

const PARAGRAPHS = [
  "The app could not show this page, or could not do what you asked for.",
  "Try again. If you have just sent something, look first whether it arrived.",
];

/** A page whose rendering failed: the digest is what the server's log calls the error. */
export function CrashPage({ error, retry }: CrashPageProps) {
  return (
    <StatusPage
      eyebrow="Error"
      title="Something went wrong"
      paragraphs={PARAGRAPHS}
      reference={digestOf(error)}
    >
      <button type="button" onClick={retry} className={buttonClass("primary")}>
        Try again
      </button>
    </StatusPage>
  );
}

function digestOf(error: unknown): string | null {
  return error instanceof Error && "digest" in error && typeof error.digest === "string"
    ? error.digest
    : null;
}
