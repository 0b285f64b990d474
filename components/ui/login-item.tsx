import { buttonClass } from "./button";
import { TimeStamp } from "./time-stamp";

interface LoginItemProps {
  title: string;
  /** A few words beside the title. */
  chip?: string;
  detail: string | null;
  /** Pairs of a label, e.g. "Last used", and a time in Unix seconds. */
  times: readonly (readonly [string, number])[];
  /** The form that ends the login; null if the login cannot be ended here. */
  end: { readonly action: string; readonly name: string; readonly label: string } | null;
}

/** A list item for a browser or a program that is logged in, with a button that ends the login. */
export function LoginItem({ title, chip, detail, times, end }: LoginItemProps) {
  return (
    <li>
      <div>
        <b>{title}</b>
        {chip && <span className="chip good">{chip}</span>}
        {detail && <p>{detail}</p>}
      </div>
      {times.map(([term, seconds]) => (
        <dl key={term}>
          <dt>{term}</dt>
          <dd>
            <TimeStamp seconds={seconds} />
          </dd>
        </dl>
      ))}
      {end && (
        <form method="post" action={end.action}>
          <button
            type="submit"
            name="name"
            value={end.name}
            className={buttonClass("secondary")}
            aria-label={end.label}
          >
            End
          </button>
        </form>
      )}
    </li>
  );
}
