import { ButtonLink } from "@/components/button";
import { LoginSteps } from "@/components/login-steps";
import type { User } from "@/lib/auth/user";

interface HeroProps {
  user: User | null;
}

/** What this is, and the way in; somebody already in is greeted instead. */
export function Hero({ user }: HeroProps) {
  return (
    <div className="grid items-center gap-12 lg:grid-cols-[1.15fr_1fr] lg:gap-16">
      <div>
        <p className="text-sm font-medium text-accent">
          {user ? "Logged in" : "A reference app for Next.js"}
        </p>
        <h1 className="mt-3 line-clamp-4 text-4xl font-semibold tracking-tight wrap-anywhere sm:text-5xl sm:leading-[1.1]">
          {user ? (
            <>
              Hello, <bdi>{user.name}</bdi>
            </>
          ) : (
            "Log in with any OpenID Connect provider"
          )}
        </h1>
        <p className="mt-5 max-w-lg text-lg leading-8 text-soft">
          {user
            ? "Look at what the provider said about you, at the session that remembers it, and at the API that asks for it."
            : "Hello OIDC is a small, complete Next.js app: log in, sign up, log out and call a protected API, on one certified library and without a vendor's SDK."}
        </p>
        <div className="mt-8 flex flex-wrap gap-3">{user ? <InsideLinks /> : <WayIn />}</div>
      </div>
      <LoginSteps />
    </div>
  );
}

/** Named unlike the buttons in the header, so that each name on the page leads to one place. */
function WayIn() {
  return (
    <ButtonLink href="/auth/login" variant="primary">
      Try it now
    </ButtonLink>
  );
}

function InsideLinks() {
  return (
    <>
      <ButtonLink href="/dashboard" variant="primary">
        See your session
      </ButtonLink>
      <ButtonLink href="/protected" variant="secondary">
        Call the API
      </ButtonLink>
    </>
  );
}
