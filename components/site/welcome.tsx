import { Avatar } from "@/components/ui/avatar";
import { ButtonLink } from "@/components/ui/button";
import { formatRelative } from "@/components/ui/time-stamp";
import type { User } from "@/lib/auth/current-user";
import { SITE } from "@/lib/site";

interface WelcomeProps {
  user: User | null;
  /** The time at which the session ends even if the user stays active, in Unix seconds. */
  expiresAt: number | undefined;
}

/** Introduces the app and links to the login. Greets a visitor who is logged in. */
export function Welcome({ user, expiresAt }: WelcomeProps) {
  return user ? (
    <div className="identity">
      <Avatar user={user} />
      <div>
        <h1>
          Hello, <bdi>{user.name}</bdi>
        </h1>
        <p>
          {`You are logged in. Your session ends ${formatRelative(new Date((expiresAt ?? 0) * 1000), new Date())} at the latest. Your `}
          <a href="/profile" className="link">
            profile
          </a>
          {" shows what the provider states about you."}
        </p>
      </div>
    </div>
  ) : (
    <div className="welcome">
      <h1>{SITE.headline}</h1>
      <p>{SITE.description}</p>
      <div className="actions">
        <ButtonLink href="/auth/login" variant="primary">
          Try it now
        </ButtonLink>
      </div>
      {/* part: demo */}
      <p className="mt-4 text-sm text-soft">
        A demo provider with two people is included. No account, no password.
      </p>
      {/* end part: demo */}
    </div>
  );
}
