import type { ReactNode } from "react";

/** The parties of a login, in the order of their columns in the diagram. */
export const PARTIES = ["browser", "app", "provider", "api"] as const;
export type Party = (typeof PARTIES)[number];

const NAMES: Record<Party, string> = { browser: "Browser", app: "App", provider: "Provider", api: "API" };

/** One step: a message between two parties, or something that one party does on its own. */
export interface Step {
  /** `redirect`: the line goes through the browser. `answer`: the line is dashed. `box`: `from` acts on its own. */
  readonly kind: "message" | "answer" | "redirect" | "box";
  readonly from: Party;
  readonly to?: Party;
  readonly label: string;
  /** What is sent, e.g. "POST /token". */
  readonly wire?: string;
  /** `failed`: the line ends in a cross. `off`: a failure prevented this step. */
  readonly state?: "failed" | "off";
  /** How long the step took, e.g. "41 ms". */
  readonly time?: string;
  /** The bar that shows when the step ran: its start and its length, in percent of the time axis. */
  readonly bar?: readonly [start: number, length: number]; // part: inspector
  readonly href?: string;
}

interface SequenceProps {
  title: string;
  note?: ReactNode;
  steps: readonly Step[];
  /** Text below the diagram. */
  children?: ReactNode;
}

const HEIGHT = { message: 64, answer: 64, redirect: 76, box: 52 } as const; // pixels, as in sequence.css

/**
 * A sequence diagram: an ordered list of steps, and behind it one drawing with all lines. The horizontal positions of
 * the lines are percentages, so the drawing fits a list of any width.
 */
export function Sequence({ title, note, steps, children }: SequenceProps) {
  const tops = steps.map((_, index) =>
    steps.slice(0, index).reduce((sum, { kind }) => sum + HEIGHT[kind], 0),
  );
  const isTimed = steps.some(({ time }) => time !== undefined);
  return (
    <figure className={isTimed ? "sequence timed" : "sequence"}>
      <figcaption>
        <b>{title}</b>
        {note && <span>{note}</span>}
      </figcaption>
      <ul aria-label="Parties, from left to right">
        {PARTIES.map((party) => (
          <li key={party} className={party}>
            {NAMES[party]}
          </li>
        ))}
      </ul>
      <div>
        <svg aria-hidden="true">
          <use href="/icons.svg#lanes" />
          {steps.map((step, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
            <Line key={index} step={step} y={(tops[index] ?? 0) + HEIGHT[step.kind] / 2} />
          ))}
        </svg>
        <Bars steps={steps} tops={tops} /> {/* part: inspector */}
        <ol>
          {steps.map((step, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
            <li key={index} className={classOf(step)}>
              <Text {...step} />
            </li>
          ))}
        </ol>
      </div>
      {children && <footer>{children}</footer>}
    </figure>
  );
}

function classOf({ kind, from, to, state }: Step): string {
  // The style sheet puts a line's label at the line's left end.
  const ends: readonly Party[] = kind === "redirect" ? ["browser"] : [from, to ?? from];
  const left = PARTIES.find((party) => ends.includes(party)) ?? from;
  return [kind, from, `at-${left}`, state].filter(Boolean).join(" ");
}

/** The text of a step. The style sheet adds the number of the step. */
function Text({ label, wire, time, href }: Step) {
  const text = (
    <>
      <span>{label}</span>
      {wire && <small>{wire}</small>}
      {time && <b>{time}</b>}
    </>
  );
  // A plain link, because Next.js's navigation does not expand the row that the URL's fragment identifies.
  return href ? <a href={href}>{text}</a> : text;
}

/** Shows a line from icons.svg. An inline line would be sent twice: in the HTML and in the payload of the router. */
function Line({ step: { kind, from, to, state }, y }: { step: Step; y: number }) {
  if (kind === "box" || !to) return null;
  const name = [from, to, kind === "redirect" && kind, state === "failed" && state].filter(Boolean).join("-");
  return <use href={`/icons.svg#${name}`} y={y} className={state} />;
}

// part: inspector
/** Bars that show when each step ran. All bars of a party are one SVG path, stretched to the width of the column. */
function Bars({ steps, tops }: { steps: readonly Step[]; tops: readonly number[] }) {
  if (!steps.some(({ bar }) => bar)) return null;
  const height = steps.reduce((sum, { kind }) => sum + HEIGHT[kind], 0);
  const lines = (party: Party) =>
    steps.map(({ from, kind, bar }, index) => {
      if (from !== party || !bar) return "";
      return `M${bar[0].toFixed(1)} ${(tops[index] ?? 0) + HEIGHT[kind] / 2 + 10}h${Math.max(bar[1], 1).toFixed(1)}`;
    });
  return (
    <svg aria-hidden="true" className="bars" viewBox={`0 0 100 ${height}`} preserveAspectRatio="none">
      {PARTIES.map((party) => {
        const path = lines(party).join("");
        return path && <path key={party} className={party} d={path} />;
      })}
    </svg>
  );
}
// end part: inspector
