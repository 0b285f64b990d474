interface ChipsProps {
  items: readonly string[];
}

/** A number and its noun, for example "1 cookie" or "2 cookies". */
export const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;

export function Chips({ items }: ChipsProps) {
  return (
    <ul className="chips">
      {items.map((item) => (
        <li key={item} className="chip">
          {item}
        </li>
      ))}
    </ul>
  );
}
