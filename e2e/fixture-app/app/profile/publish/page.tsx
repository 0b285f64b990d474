import { redirect } from "next/navigation";
import { requireUser, requireUserInAction } from "@/lib/auth/current-user";
import { PublishForm } from "./publish-form";

const PATH = "/profile/publish";

async function publish(_before: string | null, form: FormData): Promise<string> {
  "use server";
  const query = new URLSearchParams({ text: String(form.get("text")) });
  const found = await requireUserInAction(`${PATH}?${query}`, { roles: ["admin"], maxAge: 300 });
  if ("error" in found) return found.error;
  redirect(`${PATH}?by=${encodeURIComponent(found.user.name)}`);
}

interface PublishPageProps {
  searchParams: Promise<Record<string, string | undefined>>;
}

/** The page needs only a session, but its action requires a role and a recent login. */
export default async function PublishPage({ searchParams }: PublishPageProps) {
  await requireUser(PATH);
  const { text, by } = await searchParams;
  return (
    <>
      {by && <p role="status">Published by {by}</p>}
      <PublishForm publish={publish} text={text} />
    </>
  );
}
