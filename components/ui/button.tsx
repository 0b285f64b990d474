import Link from "next/link";
import type { ReactNode } from "react";

export type ButtonVariant = "primary" | "secondary" | "quiet";

/** Returns the CSS classes that make an element look like a button. */
export function buttonClass(variant: ButtonVariant): string {
  return `button ${variant}`;
}

interface ButtonLinkProps {
  href: string;
  variant: ButtonVariant;
  children: ReactNode;
}

/**
 * A link that looks like a button. Links to pages use Next.js's navigation. Links below `/auth/` are plain links,
 * so that Next.js never prefetches a login.
 */
export function ButtonLink({ href, variant, children }: ButtonLinkProps) {
  const props = { href, className: buttonClass(variant), children };
  return href.startsWith("/auth/") ? <a {...props} /> : <Link prefetch={false} {...props} />;
}
