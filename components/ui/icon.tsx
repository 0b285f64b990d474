/** The names of the pictures in `public/icons.svg`. */
export type IconName = "person" | "alert" | "check" | "clock";

interface IconProps {
  name: IconName;
  /** Tailwind classes, e.g. for another size. */
  className?: string;
}

/** A decorative picture in the text's colour. All icons are in one file, which the browser caches. */
export function Icon({ name, className }: IconProps) {
  return (
    <svg aria-hidden="true" className={className ? `icon ${className}` : "icon"}>
      <use href={`/icons.svg#${name}`} />
    </svg>
  );
}
