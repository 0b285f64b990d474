import { type JsonTokenKind, tokenizeJson, toPrettyJson } from "@/components/json-tokens";

const COLOURS: Record<JsonTokenKind, string> = {
  key: "text-ink",
  string: "text-good",
  literal: "text-accent",
  punctuation: "text-soft",
  plain: "text-ink",
};

interface JsonViewProps {
  /** What the JSON is, for those who do not see the heading above it. */
  label: string;
  value: unknown;
}

/** A value as pretty JSON, coloured on the server. Other people's text stays text: React escapes it. */
export function JsonView({ label, value }: JsonViewProps) {
  const tokens = tokenizeJson(toPrettyJson(value));
  return (
    <section
      aria-label={`${label} as JSON`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
      tabIndex={0}
      className="max-h-128 overflow-auto rounded-lg bg-sunken p-4 print:max-h-none"
    >
      <pre className="font-mono text-[0.8125rem] leading-6 wrap-anywhere whitespace-pre-wrap">
        <code>
          {tokens.map(({ kind, text }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
            <span key={index} className={`isolate ${COLOURS[kind]}`}>
              {text}
            </span>
          ))}
        </code>
      </pre>
    </section>
  );
}
