import type { ReactNode } from "react";
import { Avatar } from "@/components/ui/avatar";
import type { User } from "@/lib/auth/current-user";

interface IdentityProps {
  user: User;
  /** Text before the name, e.g. "Welcome, ". */
  greeting?: string;
  /** Controls beside the name. */
  children?: ReactNode;
}

/** The user as the heading of a page: picture, name, e-mail. */
export function Identity({ user, greeting, children }: IdentityProps) {
  return (
    <div className="identity">
      <Avatar user={user} />
      <div>
        <h1>
          {greeting}
          <bdi>{user.name}</bdi>
        </h1>
        <p>{user.email === null ? "No email" : <bdi>{user.email}</bdi>}</p>
      </div>
      {children}
    </div>
  );
}
