import { buttonClass } from "@/components/ui/button";

interface LogOutButtonProps {
  /** The form's id, for a submit button outside the form. */
  id?: string;
}

/** Uses a form instead of a link: a browser could prefetch a link, and so log the user out. */
export function LogOutButton({ id }: LogOutButtonProps) {
  return (
    <form id={id} method="post" action="/auth/logout">
      <button type="submit" className={buttonClass("secondary")}>
        Log out
      </button>
    </form>
  );
}
