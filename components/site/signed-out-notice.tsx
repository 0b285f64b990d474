import { Icon } from "@/components/ui/icon";

const TEXTS = {
  "logged-out": { title: "You are logged out", text: "This app has ended your session." },
  "session-ended": {
    title: "Your session has ended",
    text: "Log in again to go on. Nothing that you have saved is lost.",
  },
};

interface SignedOutNoticeProps {
  notice: keyof typeof TEXTS;
}

/** Confirms a logout, or says that a session has ended. */
export function SignedOutNotice({ notice }: SignedOutNoticeProps) {
  const { title, text } = TEXTS[notice];
  return (
    <div role="status" className="signed-out">
      <Icon name="check" />
      <p>
        <b>{title}</b> {text}
      </p>
    </div>
  );
}
