import { jsonParts, toPrettyJson } from "@/components/ui/json-parts";

interface JsonViewProps {
  /** What the JSON is, for those who do not see the heading above it. */
  label: string;
  value: unknown;
}

/**
 * A value as pretty JSON. Each key is an element, everything else is text: the page carries each element twice, as HTML and
 * in the payload of Next's router. React escapes the text, which anyone may have written.
 */
export function JsonView({ label, value }: JsonViewProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section aria-label={`${label} as JSON`} tabIndex={0} className="json">
      <code>
        {/* biome-ignore lint/suspicious/noArrayIndexKey: the list never changes */}
        {jsonParts(toPrettyJson(value)).map((part, index) => (index % 2 ? <b key={index}>{part}</b> : part))}
      </code>
    </section>
  );
}
