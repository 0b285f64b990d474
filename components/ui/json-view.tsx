import { jsonParts, toPrettyJson } from "@/components/ui/json-parts";

interface JsonViewProps {
  /** Tells screen readers what the JSON is about. */
  label: string;
  value: unknown;
  /** Shows the keys without a colour, which makes the page smaller. */
  plain?: boolean;
}

/**
 * Shows a value as pretty JSON. Only the keys are elements, because every element makes the page larger twice: in the
 * HTML and in the payload of Next.js's router. React escapes the text, which may come from anyone.
 */
export function JsonView({ label, value, plain }: JsonViewProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section aria-label={`${label} as JSON`} tabIndex={0} className="json">
      <code>{plain ? toPrettyJson(value) : coloured(toPrettyJson(value))}</code>
    </section>
  );
}

function coloured(json: string) {
  // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
  return jsonParts(json).map((part, index) => (index % 2 ? <b key={index}>{part}</b> : part));
}
