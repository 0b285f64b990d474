import type { ReactNode } from "react";

interface PageHeaderProps {
  /** A few words above the title, e.g. who can see the page. */
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
