import { ButtonLink } from "@/components/ui/button";
import type { User } from "@/lib/auth/current-user";
import { SITE } from "@/lib/site";

const USER_LINKS = [
  { href: "/profile", label: "See your profile" },
  { href: "/dashboard", label: "See your session" }, // part: demo
];

interface WelcomeProps {
  user: User | null;
}

/** Introduces the app and links to the login. Greets a visitor who is logged in. */
export function Welcome({ user }: WelcomeProps) {
  return user ? (
    <div className="welcome">
      <p className="eyebrow">Logged in</p>
      <h1>
        Hello, <bdi>{user.name}</bdi>
      </h1>
      <p>The provider has told this app who you are. Your profile shows every claim that it sent.</p>
      <div className="actions">
        {USER_LINKS.map(({ href, label }, index) => (
          <ButtonLink key={href} href={href} variant={index === 0 ? "primary" : "secondary"}>
            {label}
          </ButtonLink>
        ))}
      </div>
    </div>
  ) : (
    <div className="welcome">
      <p className="eyebrow">{SITE.name}</p>
      <h1>{SITE.headline}</h1>
      <p>{SITE.description}</p>
      <div className="actions">
        {/* Its label differs from the buttons in the header, so that each link text on the page has one target. */}
        <ButtonLink href="/auth/login" variant="primary">
          Try it now
        </ButtonLink>
      </div>
    </div>
  );
}
