import { buttonClass } from "@/components/ui/button";

/** A form that posts, because a link could be prefetched and log the user out. */
export function LogOutButton() {
  return (
    <form method="post" action="/auth/logout">
      <button type="submit" className={buttonClass("secondary")}>
        Log out
      </button>
    </form>
  );
}
