import { Icon } from "@/components/ui/icon";

/** Confirms a logout. */
export function LoggedOutNotice() {
  return (
    <div role="status" className="logged-out">
      <Icon name="check" />
      <p>
        <b>You are logged out</b> This app has ended your session.
      </p>
    </div>
  );
}
