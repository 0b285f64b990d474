"use client";

import { useEffect, useState } from "react";
import { secondsLeft, useSession } from "@/components/session/use-user";

const TEXT_ID = "session-end";

/**
 * Warns a few minutes before the session ends, and covers the page after the end. The warning itself does not extend the session.
 */
export function SessionEnd() {
  const { known, rendered, warning, ask } = useSession();
  const [left, setLeft] = useState(Number.POSITIVE_INFINITY);
  const [dismissed, setDismissed] = useState(0); // the visitor has closed the warning about this end time
  const { user, expiresAt, idleExpiresAt, askedAt } = known;
  const end = Math.min(expiresAt, idleExpiresAt);

  useEffect(() => {
    if (!user) return;
    let asked = end - askedAt <= warning;
    const tick = () => {
      const seconds = secondsLeft(known);
      if (seconds <= warning && (!asked || (seconds <= 0 && seconds % 10 === 0))) {
        asked = true;
        return ask(); // another tab may have extended the session; a later tick uses the answer
      }
      setLeft(seconds <= warning ? seconds : Number.POSITIVE_INFINITY);
    };
    tick();
    const timer = setInterval(tick, 1_000);
    return () => clearInterval(timer);
  }, [known, user, end, askedAt, warning, ask]);

  const isOver = !user || left <= 0;
  if (!rendered || (!isOver && (left > warning || dismissed === end))) return null;
  const title = isOver ? "You are logged out" : "Your session is about to end";
  const canStay = idleExpiresAt < expiresAt;
  const close = () => setDismissed(end);
  return (
    <dialog
      key={title}
      ref={open}
      aria-label={title}
      aria-describedby={TEXT_ID}
      className="session-end"
      // Escape closes the dialog. If the session has ended, the dialog opens again, so that the page stays covered.
      onClose={isOver ? ({ currentTarget }) => open(currentTarget) : close}
    >
      <h2>{title}</h2>
      {isOver ? (
        <>
          <p id={TEXT_ID}>Your session has ended. Log in to continue.</p>
          <a href={`/auth/login?returnTo=${encodeURIComponent(location.pathname + location.search)}`}>
            Log in
          </a>
        </>
      ) : (
        <>
          <p id={TEXT_ID}>
            {canStay
              ? "You have not opened a page for a while."
              : "It cannot be extended, but you can log in again."}{" "}
            You will be logged out in {/* Not a live region: screen readers would read every second. */}
            <span role="timer">
              {Math.floor(left / 60)}:{String(left % 60).padStart(2, "0")}
            </span>
            .
          </p>
          <p aria-live="polite" className="sr-only">
            {left <= 10 ? "Ten seconds left." : left <= 60 && "One minute left."}
          </p>
          <button type="button" onClick={() => (canStay ? ask("renew") : close())}>
            {canStay ? "Stay logged in" : "Close"}
          </button>
          <form method="post" action="/auth/logout">
            <button type="submit">Log out</button>
          </form>
        </>
      )}
    </dialog>
  );
}

/** Opens the dialog. The browser keeps the focus inside. @returns a function that closes it and restores the focus */
function open(dialog: HTMLDialogElement | null): () => void {
  if (dialog?.isConnected) dialog.showModal();
  return () => dialog?.close();
}
