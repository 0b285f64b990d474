interface ChipsProps {
  items: readonly string[];
}

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
