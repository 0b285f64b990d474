import { buttonClass } from "@/components/ui/button";

interface LogOutButtonProps {
  /** The form's id, for a submit button outside the form. */
  id?: string;
}

/** A form, because a browser could prefetch a link, which would log the user out. */
export function LogOutButton({ id }: LogOutButtonProps) {
  return (
    <form id={id} method="post" action="/auth/logout">
      <button type="submit" className={buttonClass("secondary")}>
        Log out
      </button>
    </form>
  );
}
