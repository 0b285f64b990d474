import type { ReactNode } from "react";

export interface Fact {
  term: string;
  description: ReactNode;
}

interface FactListProps {
  facts: readonly Fact[];
}

/** Terms and their values, in columns if there is enough space. */
export function FactList({ facts }: FactListProps) {
  return (
    <dl className="grid gap-x-8 gap-y-5 text-sm leading-6 sm:grid-cols-2 lg:grid-cols-4">
      {facts.map(({ term, description }) => (
        <div key={term} className="min-w-0">
          <dt className="text-soft">{term}</dt>
          <dd className="mt-0.5 wrap-anywhere">{description}</dd>
        </div>
      ))}
    </dl>
  );
}
