import { requireUser } from "@/lib/auth/current-user";

/** This page is not in `ROUTES`, so the guard lets every request through, and only the page requires a session. */
export default async function UnlistedPage() {
  const { user } = await requireUser("/unlisted");
  return <h1>{user.name}</h1>;
}
