import type { ReactNode } from "react";

interface PageHeaderProps {
  /** Who can see the page, in a few words. */
  eyebrow: string;
  title: string;
  children: ReactNode;
}

export function PageHeader({ eyebrow, title, children }: PageHeaderProps) {
  return (
    <div className="page-header">
      <p className="eyebrow">{eyebrow}</p>
      <h1>{title}</h1>
      <p>{children}</p>
    </div>
  );
}
