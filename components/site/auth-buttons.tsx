import { loginHref } from "@/components/site/navigation";
import { ButtonLink, type ButtonVariant, buttonClass } from "@/components/ui/button";

/** Logging out changes state, so it is a form with POST. A link could be prefetched. */
export function LogOutButton() {
  return (
    <form method="post" action="/auth/logout" className="flex *:grow">
      <button type="submit" className={buttonClass("secondary")}>
        Log Out
      </button>
    </form>
  );
}

interface LoginButtonsProps {
  /** The path of the current page, to return to after the login; null if it is not known. */
  path: string | null;
}

const LOGIN_LINKS: readonly {
  route: "/auth/login" | "/auth/signup";
  label: string;
  variant: ButtonVariant;
}[] = [
  { route: "/auth/signup", label: "Sign Up", variant: "secondary" },
  { route: "/auth/login", label: "Log In", variant: "primary" },
];

export function LoginButtons({ path }: LoginButtonsProps) {
  return LOGIN_LINKS.map(({ route, label, variant }) => (
    <ButtonLink key={route} href={loginHref(route, path)} variant={variant}>
      {label}
    </ButtonLink>
  ));
}
