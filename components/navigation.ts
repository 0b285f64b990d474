/** A tab of the navigation; `audience` says who sees it. */
export interface Tab {
  href: string;
  label: string;
  audience: "everybody" | "logged-in";
}

export const TABS: readonly Tab[] = [
  { href: "/profile", label: "Profile", audience: "everybody" },
  { href: "/dashboard", label: "Dashboard", audience: "logged-in" },
  { href: "/public", label: "Public", audience: "everybody" },
  { href: "/protected", label: "Protected", audience: "logged-in" },
  { href: "/admin", label: "Admin", audience: "logged-in" },
];

/**
 * The address that begins a login or a sign-up and leads back to `path`.
 * A path that is no tab (home, an error page) is not worth coming back to and is left out.
 */
export function loginHref(route: "/auth/login" | "/auth/signup", path: string | null): string {
  const tab = TABS.find(({ href }) => href === path);
  return tab ? `${route}?${new URLSearchParams({ returnTo: tab.href })}` : route;
}
