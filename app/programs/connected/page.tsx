import type { Metadata } from "next";
import { ButtonLink } from "@/components/ui/button";
import { StatusPage } from "@/components/ui/status-page";

export const metadata: Metadata = { title: "Program login" };

const DONE = {
  eyebrow: "Logged in",
  kind: "done",
  title: "You can go back to your terminal",
  paragraphs: ["The program is logged in as you. You can close this page."],
} as const;

const FAILED = {
  eyebrow: "Login failed",
  kind: "failed",
  title: "The program is not logged in",
  paragraphs: ["An error occurred during the login.", "Go back to your terminal, and start the login again."],
} as const;

const REFUSED = {
  eyebrow: "Login refused",
  kind: "denied",
  title: "The program is not logged in",
  paragraphs: [
    "The login was cancelled or denied.",
    "You can close this page. To try again, start the login in your terminal.",
  ],
} as const;

interface ConnectedPageProps {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

/**
 * The page to which a program may send the browser after a login. If the login failed, the program passes on the `error`
 * that it received (RFC 6749, 4.1.2.1). The page shows one of three fixed texts, so a program cannot add its own text.
 */
export default async function ConnectedPage({ searchParams }: ConnectedPageProps) {
  const { error } = await searchParams;
  if (error === undefined) {
    return (
      <StatusPage {...DONE}>
        <ButtonLink href="/programs" variant="secondary">
          See your programs
        </ButtonLink>
      </StatusPage>
    );
  }
  return <StatusPage {...(error === "access_denied" ? REFUSED : FAILED)} />;
}
