import { LoginSteps } from "@/components/demo/login-steps";
import { ButtonLink } from "@/components/ui/button";
import type { User } from "@/lib/auth/user";
import { SITE } from "@/lib/site";

interface HeroProps {
  user: User | null;
}

/** Introduces the app and links to the login. Greets a visitor who is logged in. */
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
            ? "Look at the claims that the provider sent about you, at your session, and at the API that needs your access token."
            : `${SITE.name} is a small, complete Next.js app: log in, sign up, log out and call a protected API, on one certified library and without a vendor's SDK.`}
        </p>
        <div className="mt-8 flex flex-wrap gap-3">{user ? <UserLinks /> : <LoginLink />}</div>
      </div>
      <LoginSteps />
    </div>
  );
}

/** Its label differs from the buttons in the header, so that each link text on the page has one target. */
function LoginLink() {
  return (
    <ButtonLink href="/auth/login" variant="primary">
      Try it now
    </ButtonLink>
  );
}

function UserLinks() {
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
