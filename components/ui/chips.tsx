interface ChipsProps {
  items: readonly string[];
}

export function Chips({ items }: ChipsProps) {
  return (
    <ul className="flex flex-wrap gap-2">
      {items.map((item) => (
        <li
          key={item}
          className="rounded-md border border-line bg-sunken px-2 py-0.5 font-mono text-xs leading-5 wrap-anywhere"
        >
          {item}
        </li>
      ))}
    </ul>
  );
}
