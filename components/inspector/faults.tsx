import type { ReactNode } from "react";
import { type Faults as FaultList, loginUrl } from "@/lib/auth/inspector/faults";
import {
  FAULT_LOGINS,
  isFirst,
  type Lesson,
  lessonOf,
  NO_PROVIDER_SESSION,
} from "@/lib/auth/inspector/lessons";

interface BreakFormProps {
  endpoint: string;
  /** The path that starts the login. The provider redirects to this path after it has switched on the fault. */
  login: string;
  children: ReactNode;
}

const USUAL_LOGIN = "/auth/login?returnTo=/inspector";

/** A form for buttons. Each button switches on a fault at the embedded provider, which then redirects to the login. */
export function BreakForm({ endpoint, login, children }: BreakFormProps) {
  return (
    <form method="post" action={endpoint}>
      <input type="hidden" name="return_to" value={loginUrl(login)} />
      {children}
    </form>
  );
}

/** The faults that a visitor can switch on, each with the check or the rule that it demonstrates. */
export function Faults({ endpoint, faults }: FaultList) {
  const known = faults.filter(({ id }) => id !== NO_PROVIDER_SESSION);
  const usual = known.filter(({ id }) => !Object.hasOwn(FAULT_LOGINS, id));
  return (
    <>
      <section aria-labelledby="break" className="section">
        <h2 id="break">Break it</h2>
        <p>Each button starts a login with one mistake. A failed login does not log you out.</p>
        <BreakForm endpoint={endpoint} login={USUAL_LOGIN}>
          <List faults={usual.filter(({ id }) => isFirst(id))} />
        </BreakForm>
        {known
          .filter(({ id }) => Object.hasOwn(FAULT_LOGINS, id))
          .map((fault) => (
            <BreakForm key={fault.id} endpoint={endpoint} login={FAULT_LOGINS[fault.id] ?? USUAL_LOGIN}>
              <List faults={[fault]} />
            </BreakForm>
          ))}
      </section>
      <details className="section">
        <summary>More faults</summary>
        <BreakForm endpoint={endpoint} login={USUAL_LOGIN}>
          <List faults={usual.filter(({ id }) => !isFirst(id))} />
        </BreakForm>
      </details>
    </>
  );
}

function List({ faults }: Pick<FaultList, "faults">) {
  return (
    <ul className="trials">
      {faults.map(({ id, title }) => {
        const lesson = lessonOf(id);
        return (
          <li key={id}>
            <button type="submit" name="fault" value={id}>
              {title}
            </button>
            {lesson && textOf(lesson, Object.hasOwn(FAULT_LOGINS, id))}
          </li>
        );
      })}
    </ul>
  );
}

/** Explains a fault. `isWhole` adds what the inspector would show, for logins that do not end at the inspector. */
function textOf({ check, source, without }: Lesson, isWhole: boolean): string {
  return isWhole ? `${check}. See ${source.join(", ")}. Without it: ${without}` : `${check}.`;
}
