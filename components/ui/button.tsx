import type { ReactNode } from "react";

export type ButtonVariant = "primary" | "secondary";

/** The classes of a control that looks like a button; for a `<button>` that needs its own attributes. */
export function buttonClass(variant: ButtonVariant): string {
  return `button ${variant}`;
}

interface ButtonLinkProps {
  href: string;
  variant: ButtonVariant;
  children: ReactNode;
}

/** A link in a button's look. A plain `<a>`: nothing prefetches a login. */
export function ButtonLink({ href, variant, children }: ButtonLinkProps) {
  return (
    <a href={href} className={buttonClass(variant)}>
      {children}
    </a>
  );
}
