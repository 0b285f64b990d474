import type { ReactNode } from "react";

const BASE =
  "inline-flex min-h-11 cursor-pointer items-center justify-center gap-2 rounded-lg px-4 text-sm font-medium whitespace-nowrap motion-safe:transition-colors";

const VARIANTS = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover",
  secondary: "border border-line-strong bg-surface text-ink hover:bg-sunken",
};

export type ButtonVariant = keyof typeof VARIANTS;

/** The classes of a control that looks like a button; for a `<button>` that needs its own attributes. */
export function buttonClass(variant: ButtonVariant): string {
  return `${BASE} ${VARIANTS[variant]}`;
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
