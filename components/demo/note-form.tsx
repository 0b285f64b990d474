"use client";
import { type ReactNode, useActionState } from "react";
import { buttonClass } from "@/components/ui/button";

type Result = { readonly note: string; readonly error: string } | null;

interface NoteFormProps {
  action: (before: Result, form: FormData) => Promise<Result>;
  note: string;
  /** A sentence about the last attempt to save, for example "The note is saved." */
  children: ReactNode;
}

/** Works without JavaScript: the browser then posts the form. Only the server validates the note. */
export function NoteForm({ action, note, children }: NoteFormProps) {
  const [result, send, isPending] = useActionState(action, null);
  return (
    <form action={send} noValidate className="note-form">
      <label htmlFor="note">Your note</label>
      <textarea
        id="note"
        name="note"
        rows={4}
        required
        defaultValue={result?.note ?? note}
        aria-invalid={result ? true : undefined}
        aria-describedby={result ? "note-error" : "note-status"}
      />
      {result ? (
        <p id="note-error" role="alert">
          {result.error}
        </p>
      ) : (
        <p id="note-status" role="status">
          {children}
        </p>
      )}
      <button type="submit" disabled={isPending} className={buttonClass("primary")}>
        Save note
      </button>
    </form>
  );
}
