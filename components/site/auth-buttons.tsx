import { ButtonLink, type ButtonVariant, buttonClass } from "@/components/ui/button";
import { SITE } from "@/lib/site";

/** A form that posts, because a link could be prefetched and log the user out. */
export function LogOutButton() {
  return (
    <form method="post" action="/auth/logout">
      <button type="submit" className={buttonClass("secondary")}>
        Log out
      </button>
    </form>
  );
}

type LoginRoute = "/auth/login" | "/auth/signup";

const LOGIN_LINKS: readonly { route: LoginRoute; label: string; variant: ButtonVariant }[] = [
  { route: "/auth/signup", label: "Sign up", variant: "secondary" },
  { route: "/auth/login", label: "Log in", variant: "primary" },
];

interface LoginButtonsProps {
  /** The path of the current page, to return to after the login; null if it is not known. */
  path: string | null;
}

export function LoginButtons({ path }: LoginButtonsProps) {
  return LOGIN_LINKS.map(({ route, label, variant }) => (
    <ButtonLink key={route} href={loginHref(route, path)} variant={variant}>
      {label}
    </ButtonLink>
  ));
}

/**
 * The URL that begins a login or a signup. The login returns to `path` if that is a tab, otherwise to its default page.
 */
function loginHref(route: LoginRoute, path: string | null): string {
  const isTab = SITE.navigation.some(({ href }) => href === path);
  return path && isTab ? `${route}?${new URLSearchParams({ returnTo: path })}` : route;
}
