import { ButtonLink } from "@/components/button";
import { StatusPage } from "@/components/status-page";

const PARAGRAPHS = [
  "You are logged in, but the API does not let you read this: your access token lacks the permission read:admin-messages.",
  "The API decides, not this app. Ask whoever manages permissions, or log in as somebody who has it.",
];

/** The API's refusal, as a page. */
export function ForbiddenPanel() {
  return (
    <StatusPage eyebrow="403" title="You may not see this" paragraphs={PARAGRAPHS}>
      <ButtonLink href="/auth/login?prompt=login&returnTo=/admin" variant="primary">
        Log in as somebody else
      </ButtonLink>
    </StatusPage>
  );
}
