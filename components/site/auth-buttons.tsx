import { buttonClass } from "@/components/ui/button";

interface LogOutButtonProps {
  /** For a button elsewhere that submits the same form. */
  id?: string;
}

/** A form that posts, because a link could be prefetched and log the user out. */
export function LogOutButton({ id }: LogOutButtonProps) {
  return (
    <form id={id} method="post" action="/auth/logout">
      <button type="submit" className={buttonClass("secondary")}>
        Log out
      </button>
    </form>
  );
}
