import type { Metadata } from "next";
import { MessageFailureNotice } from "@/components/demo/message-panel";
import { NoteForm } from "@/components/demo/note-form";
import { PageHeader } from "@/components/demo/page-header";
import { requireUser } from "@/lib/auth/current-user";
import { getNote } from "@/lib/messages";
import { keepNote } from "./keep-note";

export const metadata: Metadata = { title: "Note" };

interface NotePageProps {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function NotePage({ searchParams }: NotePageProps) {
  const { session } = await requireUser("/note");
  const { note, kept } = await searchParams;
  const stored = await getNote(session);
  const input = typeof note === "string" ? note : null; // a note that was sent after the session had ended
  return (
    <>
      <PageHeader eyebrow="Needs a login" title="A note of yours">
        A server action posts the note to the API with your access token. The API keeps one note for each
        person, until the API restarts.
      </PageHeader>
      {stored.status === "ok" ? (
        <NoteForm action={keepNote} note={input ?? stored.text}>
          {input !== null && "You had to log in again, so this note is not saved yet."}
          {kept !== undefined && "The note is saved."}
        </NoteForm>
      ) : (
        <MessageFailureNotice page="note" failure={stored.status} />
      )}
    </>
  );
}
