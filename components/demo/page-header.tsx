import type { ReactNode } from "react";

interface PageHeaderProps {
  /** Who can see the page, in a few words. */
  eyebrow: string;
  title: string;
  children: ReactNode;
}

export function PageHeader({ eyebrow, title, children }: PageHeaderProps) {
  return (
    <div className="mb-10 max-w-2xl">
      <p className="text-sm font-medium text-accent">{eyebrow}</p>
      <h1 className="mt-2 text-3xl font-semibold tracking-tight sm:text-4xl">{title}</h1>
      <p className="mt-4 text-base leading-7 text-soft">{children}</p>
    </div>
  );
}
