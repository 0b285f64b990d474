"use client"; // Next.js requires it for error boundaries

import { buttonClass } from "@/components/ui/button";
import { StatusPage } from "@/components/ui/status-page";

export interface CrashPageProps {
  error: unknown;
  retry: () => void;
}

const PARAGRAPHS = [
  "The app could not show this page, or could not do what you asked.",
  "Try again. If you have just sent something, check first whether it arrived.",
];

/** Replaces a page whose rendering failed. The digest is the reference in the server's log. */
export function CrashPage({ error, retry }: CrashPageProps) {
  return (
    <StatusPage
      eyebrow="Error"
      kind="failed"
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
