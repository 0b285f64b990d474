import { jsonLines, toPrettyJson } from "@/components/ui/json-lines";

const COLOURS = { string: "text-good", literal: "text-accent", punctuation: "" };

/** Deeper lines are indented no further where they wrap. */
const MAX_DEPTH = 8;

interface JsonViewProps {
  /** What the JSON is, for those who do not see the heading above it. */
  label: string;
  value: unknown;
}

/**
 * A value as pretty JSON. A long line wraps with a hanging indent. Each line is one element, and its key another: the
 * router's payload repeats every element. React escapes the text, which may be anybody's.
 */
export function JsonView({ label, value }: JsonViewProps) {
  return (
    <section
      aria-label={`${label} as JSON`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      className="max-h-128 overflow-auto rounded-lg bg-sunken p-4 print:max-h-none"
    >
      <code className="json">
        {jsonLines(toPrettyJson(value)).map(({ depth, key, rest, kind }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
          <span key={index} className={`d${Math.min(depth, MAX_DEPTH)} ${COLOURS[kind]}`}>
            {" ".repeat(2 * depth)}
            {key && <b>{key}</b>}
            {rest}
          </span>
        ))}
      </code>
    </section>
  );
}
