import { requireUser } from "@/lib/auth/current-user";

/** The guard does not know this page: the page alone asks for the session. */
export default async function UnlistedPage() {
  const { user } = await requireUser("/unlisted");
  return <h1>{user.name}</h1>;
}
