/** The pictures in `public/icons.svg`. */
export type IconName =
  | "key"
  | "person"
  | "panels"
  | "globe"
  | "lock"
  | "shield"
  | "braces"
  | "alert"
  | "arrow-right"
  | "arrow-up-right"
  | "menu"
  | "close";

interface IconProps {
  name: IconName;
  className?: string;
}

/** A picture in the text's colour, for the eye alone. It is a reference into one file, which the browser keeps. */
export function Icon({ name, className = "size-5" }: IconProps) {
  return (
    <svg aria-hidden="true" className={`icon ${className}`}>
      <use href={`/icons.svg#${name}`} />
    </svg>
  );
}
