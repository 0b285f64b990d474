import { Suspense } from "react";
import { requireUser } from "@/lib/auth/current-user";

/** An example of a page that needs a login, and the default page after a login. Replace it with your own page. */
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
