/** A tab of the navigation. */
export interface Tab {
  href: string;
  label: string;
  /** Who sees the tab. */
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
 * The URL that begins a login or a signup and returns to `path` afterwards.
 * Only tabs are returned to. For any other page, such as home or an error page, the login decides.
 */
export function loginHref(route: "/auth/login" | "/auth/signup", path: string | null): string {
  const tab = TABS.find(({ href }) => href === path);
  return tab ? `${route}?${new URLSearchParams({ returnTo: tab.href })}` : route;
}
