import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { buttonClass } from "@/components/ui/button";
import { requireUser } from "@/lib/auth/current-user";

export const metadata: Metadata = { title: "Note" };

const PATH = "/profile/note";

/** Anyone can call a server action, so this one requires a session. After the login, the form contains the note. */
async function keepNote(form: FormData): Promise<void> {
  "use server";
  const note = String(form.get("note"));
  const { user } = await requireUser(`${PATH}?${new URLSearchParams({ note })}`);
  redirect(`${PATH}?${new URLSearchParams({ kept: `${note}, by ${user.name}` })}`);
}

interface NotePageProps {
  searchParams: Promise<Record<string, string | undefined>>;
}

export default async function NotePage({ searchParams }: NotePageProps) {
  await requireUser(PATH);
  const { note, kept } = await searchParams;
  return (
    <>
      <h1>Note</h1>
      {kept && <p role="status">Kept: {kept}</p>}
      <form action={keepNote}>
        <label>
          Your note <input name="note" defaultValue={note} />
        </label>
        <button type="submit" className={buttonClass("primary")}>
          Keep
        </button>
      </form>
    </>
  );
}
