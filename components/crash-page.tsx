"use client"; // Next.js wants error boundaries on the client

import { buttonClass } from "@/components/button";
import { StatusPage } from "@/components/status-page";

export interface CrashPageProps {
  error: unknown;
  retry: () => void;
}

const PARAGRAPHS = ["It is not your fault, and your session is as it was. Try again in a moment."];

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
