import { LogOutButton } from "@/components/site/auth-buttons";
import { Avatar } from "@/components/ui/avatar";
import { buttonClass } from "@/components/ui/button";
import type { User } from "@/lib/auth/current-user";
import { getSettings } from "@/lib/settings"; // part: remote-logout

interface UserMenuProps {
  user: User;
}

/** Shows the user's name and a menu. The browser itself opens and closes the menu, so the menu needs no script. */
export function UserMenu({ user }: UserMenuProps) {
  return (
    <>
      <button type="button" popoverTarget="user-menu">
        <Avatar user={user} />
        <bdi>{user.name}</bdi>
      </button>
      <div id="user-menu" popover="auto">
        <p>
          <bdi>{user.email ?? user.name}</bdi>
        </p>
        <a href="/profile">Profile</a>
        {/* part: remote-logout */}
        {getSettings().sessionStoreUrl && <a href="/profile#sessions">Sessions</a>}
        {/* end part: remote-logout */}
        <LogOutButton id="log-out" />
      </div>
      <button type="submit" form="log-out" className={buttonClass("secondary")}>
        Log out
      </button>
    </>
  );
}
