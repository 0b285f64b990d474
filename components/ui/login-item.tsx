import { buttonClass } from "./button";
import { TimeStamp } from "./time-stamp";

interface LoginItemProps {
  title: string;
  detail: string | null;
  /** The term and Unix seconds of each. */
  times: readonly (readonly [string, number])[];
  /** The form that ends the login. Null for one that is not ended here. */
  end: { readonly action: string; readonly name: string; readonly label: string } | null;
}

/** A browser or a program that is logged in, for a list in which a person can end each. */
export function LoginItem({ title, detail, times, end }: LoginItemProps) {
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-6 gap-y-2 py-4 text-sm leading-6 md:grid-cols-[minmax(0,1fr)_11.5rem_11.5rem_4.5rem]">
      <div>
        <p className="font-medium wrap-anywhere">{title}</p>
        {detail && <p className="text-soft wrap-anywhere">{detail}</p>}
      </div>
      {times.map(([term, seconds]) => (
        // On a phone the term is next to its time, to keep the list short.
        <div key={term} className="max-md:col-span-2 max-md:flex max-md:gap-x-4">
          <p className="w-18 shrink-0 text-soft">{term}</p>
          <p>
            <TimeStamp seconds={seconds} />
          </p>
        </div>
      ))}
      {end && (
        <form
          method="post"
          action={end.action}
          className="max-md:col-start-2 max-md:row-start-1 md:justify-self-end"
        >
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
