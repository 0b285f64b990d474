import { headers } from "next/headers";
import { notFound } from "next/navigation";
import { Suspense } from "react";
import { ANSWER_STATUS_HEADER } from "@/lib/auth/http";

/** The page that is shown instead of any other while the session store is unavailable. */
export default function UnavailablePage() {
  return (
    <Suspense>
      <Unavailable />
    </Suspense>
  );
}

async function Unavailable() {
  if ((await headers()).get(ANSWER_STATUS_HEADER) !== "503") notFound();
  return (
    <main>
      <h1>Your session cannot be read right now</h1>
      <p>You have not been logged out. Try again in a moment.</p>
      {/* biome-ignore lint/a11y/useValidAnchor: an empty href is the URL of the page that failed, with its query */}
      <a href="">Try again</a>
    </main>
  );
}
