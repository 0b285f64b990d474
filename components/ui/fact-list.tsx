import type { ReactNode } from "react";

interface Fact {
  term: string;
  description: ReactNode;
}

interface FactListProps {
  facts: readonly Fact[];
}

/** Lists terms and their values. On wide screens, they are in columns. */
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
