import type { ReactNode } from "react";

interface Fact {
  term: string;
  description: ReactNode;
}

interface FactListProps {
  facts: readonly Fact[];
}

/** Terms and their values, in columns on wide screens. */
export function FactList({ facts }: FactListProps) {
  return (
    <dl className="fact-list">
      {facts.map(({ term, description }) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{description}</dd>
        </div>
      ))}
    </dl>
  );
}
