"use server";
import { redirect } from "next/navigation";
import { MESSAGE_FAILURE_TEXTS } from "@/components/demo/message-failure-texts";
import { requireUserInAction } from "@/lib/auth/current-user";
import { postNote } from "@/lib/messages";

const MAX_LENGTH = 200; // characters

/** What the form shows if the note was not saved: the input and the reason. */
export interface NoteResult {
  readonly note: string;
  readonly error: string;
}

/** Saves the note. Anyone can call a server action, so this one checks the session. The input survives a new login. */
export async function keepNote(_before: NoteResult | null, form: FormData): Promise<NoteResult> {
  const note = String(form.get("note") ?? "").replaceAll("\r\n", "\n");
  const found = await requireUserInAction(`/note?${new URLSearchParams({ note })}`);
  if ("error" in found) return { note, error: found.error };
  if (note.trim() === "") return { note, error: "Write something first." };
  if (note.length > MAX_LENGTH)
    return { note, error: `This has ${note.length} characters. Use at most ${MAX_LENGTH}.` };
  const { status } = await postNote(found.session, note);
  if (status === "ok") redirect("/note?kept=1");
  const { title, next } = MESSAGE_FAILURE_TEXTS[status];
  return { note, error: `${title}. ${next}` };
}
