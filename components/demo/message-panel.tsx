import { MESSAGE_FAILURE_TEXTS } from "@/components/demo/message-failure-texts";
import { Sequence, type Step } from "@/components/demo/sequence";
import { ButtonLink } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { getUser } from "@/lib/auth/current-user";
import type { MessageFailure, MessageName, MessageResult } from "@/lib/messages";

interface MessagePanelProps {
  name: MessageName;
  result: MessageResult;
}

/** The API's message, or why there is none and what to do next. */
export function MessagePanel({ name, result }: MessagePanelProps) {
  if (result.status !== "ok") return <MessageFailureNotice page={name} failure={result.status} />;
  return (
    <figure className="max-w-2xl overflow-hidden rounded-[0.875rem] border border-line bg-surface">
      <blockquote className="px-5 py-8 text-xl font-medium tracking-tight wrap-anywhere sm:px-8 sm:py-10 sm:text-2xl">
        <p>{result.text}</p>
      </blockquote>
      <figcaption className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1 border-t border-line bg-sunken px-5 py-3 text-sm text-soft sm:px-8">
        <code className="font-mono text-[0.8125rem]">GET /api/messages/{name}</code>
        <span className="font-mono text-[0.8125rem] text-good">✓ 200 OK</span>
      </figcaption>
    </figure>
  );
}

interface MessageFailureProps {
  /** The page that the button opens again. */
  page: MessageName | "note";
  failure: MessageFailure;
}

/** Says why there is no message. It tells users that they are still logged in, because the session has not ended. */
export async function MessageFailureNotice({ page, failure }: MessageFailureProps) {
  const { action, what, stopped, ...text } = MESSAGE_FAILURE_TEXTS[failure];
  const user = await getUser();
  return (
    <Notice
      {...text}
      what={user ? `${what} You are still logged in.` : what}
      aside={stopped && <Sequence title="Where it stopped" steps={stepsUntil(page, stopped)} />}
    >
      {action === "retry" && (
        <ButtonLink href={`/${page}`} variant="secondary">
          Try again
        </ButtonLink>
      )}
      {action === "login" && (
        <ButtonLink href={`/auth/login?returnTo=/${page}`} variant="secondary">
          Log in again
        </ButtonLink>
      )}
    </Notice>
  );
}

/** The steps of a request for a message, up to the one that failed. */
function stepsUntil(page: MessageFailureProps["page"], stopped: string): readonly Step[] {
  const isPublic = page === "public";
  return [
    { kind: "message", from: "browser", to: "app", label: "This page", wire: `GET /${page}` },
    { kind: "box", from: "app", label: isPublic ? "Needs no token" : "Session is valid" },
    {
      kind: "message",
      from: "app",
      to: "api",
      label: stopped,
      wire: isPublic ? "GET, no token" : "GET, Bearer token",
      state: "failed",
    },
    { kind: "answer", from: "api", to: "app", label: "The message", state: "off" },
  ];
}
