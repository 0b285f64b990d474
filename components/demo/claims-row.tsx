import { CLAIM_MEANINGS, TIMES } from "@/components/demo/claim-meanings";
import { JsonView } from "@/components/ui/json-view";
import { TimeStamp } from "@/components/ui/time-stamp";
import type { Claims } from "@/lib/auth/provider";

interface ClaimsRowProps {
  title: string;
  /** What the token or userinfo is for. */
  note: string;
  /** A few words at the end of the row, e.g. when the token expires. */
  chip: string;
  /** The decoded claims, never a token; null if there are none to show. */
  claims: Claims | null;
  /** The text shown when there are no claims. */
  none: string;
  /** The label of the JSON, for screen readers. */
  label?: string;
  open?: boolean;
}

/** A row that expands to show each claim with its meaning, and all claims as JSON. */
export function ClaimsRow(props: ClaimsRowProps) {
  const { title, note, chip, claims, none, label = `${title} claims`, open } = props;
  return (
    <details open={open}>
      <summary>
        <h3>{title}</h3>
        <span>{note}</span>
        <span className="chip">{chip}</span>
      </summary>
      {claims ? (
        <div>
          <table>
            <thead>
              <tr>
                <th>Claim</th>
                <th>Value</th>
                <th>What it means</th>
              </tr>
            </thead>
            <tbody>
              {Object.entries(claims).map(([name, value]) => (
                <tr key={name}>
                  <td>{name}</td>
                  <td>{TIMES.has(name) ? <TimeStamp seconds={value} /> : JSON.stringify(value)}</td>
                  <td>{CLAIM_MEANINGS.get(name)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <details open={open}>
            <summary>Raw JSON. A click selects all of it</summary>
            <JsonView label={label} value={claims} plain />
          </details>
        </div>
      ) : (
        <p>{none}</p>
      )}
    </details>
  );
}
