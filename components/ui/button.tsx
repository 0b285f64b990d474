import type { ReactNode } from "react";

export type ButtonVariant = "primary" | "secondary";

/** Classes for a `<button>` with attributes of its own. */
export function buttonClass(variant: ButtonVariant): string {
  return `button ${variant}`;
}

interface ButtonLinkProps {
  href: string;
  variant: ButtonVariant;
  children: ReactNode;
}

/** A link that looks like a button. It is a plain `<a>`, because `<Link>` would prefetch a login. */
export function ButtonLink({ href, variant, children }: ButtonLinkProps) {
  return (
    <a href={href} className={buttonClass(variant)}>
      {children}
    </a>
  );
}
