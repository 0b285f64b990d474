import type { ReactNode } from "react";
import { Avatar } from "@/components/ui/avatar";
import type { User } from "@/lib/auth/user";

interface IdentityProps {
  user: User;
  /** Text before the name, e.g. "Welcome, ". */
  greeting?: string;
  /** Controls beside the name. */
  children?: ReactNode;
}

/** The user as the heading of a page: picture, name, e-mail. */
export function Identity({ user, greeting = "", children }: IdentityProps) {
  return (
    <div className="mb-10 flex flex-col gap-6 sm:flex-row sm:items-center">
      <Avatar user={user} />
      <div className="min-w-0 grow">
        <h1 className="line-clamp-3 text-3xl font-semibold tracking-tight wrap-anywhere sm:text-4xl">
          {greeting}
          <bdi>{user.name}</bdi>
        </h1>
        <p className="mt-2 text-soft wrap-anywhere">
          {user.email === null ? "No email" : <bdi>{user.email}</bdi>}
        </p>
      </div>
      {children}
    </div>
  );
}
