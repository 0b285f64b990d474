import type { ReactNode } from "react";
import { ButtonLink } from "@/components/ui/button";
import { StatusPage } from "@/components/ui/status-page";

export const FORBIDDEN_TITLE = "You don't have access to this page";

interface ForbiddenPanelProps {
  /** Why access is denied, and what to do about it. */
  paragraphs?: readonly string[];
  /** The page to return to after a login as somebody else. */
  returnTo?: string;
  /** A diagram that shows what happened. */
  aside?: ReactNode;
}

const PARAGRAPHS = [
  "Only some people may see this page. Ask the person who manages access, or log in as somebody else.",
];

/** Tells visitors that they do not have access to a page. The default paragraphs fit every page. */
export function ForbiddenPanel({ paragraphs = PARAGRAPHS, returnTo, aside }: ForbiddenPanelProps) {
  const query = new URLSearchParams({ prompt: "login", ...(returnTo && { returnTo }) });
  return (
    <StatusPage
      eyebrow="403, no access"
      kind="denied"
      aside={aside}
      title={FORBIDDEN_TITLE}
      paragraphs={paragraphs}
    >
      <ButtonLink href={`/auth/login?${query}`} variant="primary">
        Log in as somebody else
      </ButtonLink>
    </StatusPage>
  );
}
