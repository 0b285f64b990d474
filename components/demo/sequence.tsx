import Link from "next/link";
import type { ReactNode } from "react";

/** The parties of a login, in the order of their lanes. */
export const PARTIES = ["browser", "app", "provider", "api"] as const;
export type Party = (typeof PARTIES)[number];

const NAMES: Record<Party, string> = { browser: "Browser", app: "App", provider: "Provider", api: "API" };

/** One step: a message between two parties, or what a party does on its own. */
export interface Step {
  /** A `redirect` goes by way of the browser; an `answer` is dashed; a `box` is on the lane of `from`. */
  readonly kind: "message" | "answer" | "redirect" | "box";
  readonly from: Party;
  readonly to?: Party;
  readonly label: string;
  /** What goes over the wire. */
  readonly wire?: string;
  /** `failed` ends in a cross; `off` did not happen any more; `pending` has not happened yet. */
  readonly state?: "failed" | "off" | "pending";
  /** How long it took, for people. */
  readonly time?: string;
  readonly href?: string;
}

interface SequenceProps {
  title: string;
  note?: ReactNode;
  steps: readonly Step[];
  /** A line below the diagram. */
  children?: ReactNode;
}

const HEIGHT = { message: 64, answer: 64, redirect: 76, box: 52 } as const; // pixels, as in demo.css

/**
 * A sequence diagram: an ordered list, with one drawing behind it. The drawing is as wide as the list, so the text never
 * shrinks.
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
        <span>{note}</span>
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
          <defs>
            <marker
              id="tip"
              viewBox="-9 -5 9 10"
              markerWidth="9"
              markerHeight="10"
              refX="0"
              orient="auto"
              markerUnits="userSpaceOnUse"
            >
              <path d="M0 0-9-5V5z" fill="context-stroke" />
            </marker>
            <path id="turn" d="M0-7a7 7 0 0 0 0 14" />
            <g id="cross">
              <circle r="9" />
              <path d="M-4-4l8 8M4-4l-8 8" />
            </g>
          </defs>
          {PARTIES.map((party) => (
            <line key={party} className="life" x1={lane(party)} x2={lane(party)} y2="100%" />
          ))}
          {steps.map((step, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
            <Drawing key={index} step={step} y={(tops[index] ?? 0) + HEIGHT[step.kind] / 2} />
          ))}
        </svg>
        <ol>
          {steps.map((step, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
            <li key={index} className={[step.kind, step.from, step.state].filter(Boolean).join(" ")}>
              <Text step={step} number={index + 1} />
            </li>
          ))}
        </ol>
      </div>
      {children && <footer>{children}</footer>}
    </figure>
  );
}

function lane(party: Party): string {
  return `${PARTIES.indexOf(party) * 25 + 12.5}%`;
}

function Text({ step: { kind, from, to, label, wire, time, href }, number }: { step: Step; number: number }) {
  // A label stands at the left end of its line.
  const ends: readonly Party[] = kind === "redirect" ? ["browser"] : [from, to ?? from];
  const left = PARTIES.find((party) => ends.includes(party)) ?? from;
  const text = (
    <>
      {kind !== "box" && <i>{number}</i>}
      <span className={`at-${left}`}>
        {kind === "box" && <i>{number}</i>}
        {label}
      </span>
      {wire && <small className={`at-${left}`}>{wire}</small>}
      {time && <b>{time}</b>}
    </>
  );
  return href ? (
    <Link href={href} prefetch={false}>
      {text}
    </Link>
  ) : (
    text
  );
}

function Drawing({ step: { kind, from, to, state }, y }: { step: Step; y: number }) {
  if (kind === "box" || !to) return <g />;
  if (kind === "redirect") {
    return (
      <g className={state}>
        <line className="dashed" x1={lane(from)} x2={lane("browser")} y1={y - 5} y2={y - 5} />
        <use href="#turn" x={lane("browser")} y={y + 2} />
        <line className="tip" x1={lane("browser")} x2={lane(to)} y1={y + 9} y2={y + 9} />
        {state === "failed" && <use href="#cross" x={between("browser", to)} y={y + 9} />}
      </g>
    );
  }
  return (
    <g className={state}>
      <line
        className={kind === "answer" ? "dashed tip" : "tip"}
        x1={lane(from)}
        x2={state === "failed" ? between(from, to) : lane(to)}
        y1={y}
        y2={y}
      />
      {state === "failed" && <use href="#cross" x={between(from, to)} y={y} />}
    </g>
  );
}

/** A point near the end of a line. */
function between(from: Party, to: Party): string {
  const [start, end] = [from, to].map((party) => PARTIES.indexOf(party) * 25 + 12.5) as [number, number];
  return `${start + (end - start) * 0.72}%`;
}
