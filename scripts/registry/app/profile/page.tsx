import { Suspense } from "react";
import { requireUser } from "@/lib/auth/current-user";

/** A page that needs a login, and where a login leads by default: an example, to be replaced by your own. */
export default function ProfilePage() {
  return (
    <Suspense>
      <Profile />
    </Suspense>
  );
}

async function Profile() {
  const { user } = await requireUser("/profile");
  return (
    <main>
      <h1>{user.name}</h1>
      <p>{user.email}</p>
      <form method="post" action="/auth/logout">
        <button type="submit">Log out</button>
      </form>
    </main>
  );
}
