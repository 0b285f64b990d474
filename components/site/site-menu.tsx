"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { buttonClass } from "@/components/ui/button";

const LOGIN_LINKS = [
  { route: "/auth/signup", label: "Sign up", variant: "quiet" },
  { route: "/auth/login", label: "Log in", variant: "primary" },
] as const;

interface SiteMenuProps {
  tabs: readonly { href: string; label: string }[];
  /** The content beside the tabs. If it is null, the links to log in and sign up appear. */
  children: ReactNode;
}

/**
 * Shows the tabs, and beside them the user menu or the login links. The browser marks the current tab, because the
 * server does not render the header again when a tab leads to another page.
 */
export function SiteMenu({ tabs, children }: SiteMenuProps) {
  const path = usePathname();
  // A login from a page without a tab, such as home or an error page, returns to the default page.
  const query = tabs.some(({ href }) => href === path) ? `?${new URLSearchParams({ returnTo: path })}` : "";
  return (
    <>
      <ul>
        {tabs.map(({ href, label }) => (
          <li key={href}>
            <Link
              href={href}
              prefetch={false}
              onClick={closeMenus}
              aria-current={href === path ? "page" : undefined}
            >
              {label}
            </Link>
          </li>
        ))}
      </ul>
      <div>
        {children ??
          // These are plain links, so that Next.js never prefetches a login.
          LOGIN_LINKS.map(({ route, label, variant }) => (
            <a key={route} href={`${route}${query}`} className={buttonClass(variant)}>
              {label}
            </a>
          ))}
      </div>
    </>
  );
}

function closeMenus(): void {
  for (const menu of document.querySelectorAll<HTMLElement>("header :popover-open")) menu.hidePopover();
}
