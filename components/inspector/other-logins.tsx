import { BreakForm } from "@/components/inspector/faults";
import type { Faults } from "@/lib/auth/inspector/faults";
import type { Trial } from "@/lib/auth/inspector/recording";
import { OTHER_LOGINS, type OtherLogin } from "@/lib/auth/inspector/trials";

interface OtherLoginsProps {
  /** The options of a login that the provider supports. */
  trials: readonly Trial[];
  /** `acr_values_supported` of the provider's metadata. */
  acr: unknown;
  faults: Faults | null;
}

/** Logins with other parameters, one click each. */
export function OtherLogins({ trials, acr, faults }: OtherLoginsProps) {
  const known = OTHER_LOGINS.filter(({ trial }: OtherLogin) => !trial || trials.includes(trial));
  const values = Array.isArray(acr) ? acr.filter((value) => typeof value === "string") : [];
  const strongest = values.at(-1);
  return (
    <section aria-labelledby="other" className="section">
      <h2 id="other">Other logins</h2>
      <ul className="trials">
        {known.map(({ title, query, signup, about }: OtherLogin) => (
          <li key={title}>
            <a href={`/auth/${signup ? "signup" : "login"}?returnTo=/inspector${query && `&${query}`}`}>
              {title}
            </a>
            {about}
          </li>
        ))}
        {strongest && (
          <li>
            <a
              href={`/auth/login?returnTo=/inspector&${new URLSearchParams({ step_up: "1", acr_values: strongest })}`}
            >
              Step up
            </a>
            Asks for a stronger login, and checks that the ID token states it.
          </li>
        )}
        <li>
          {faults ? (
            <BreakForm endpoint={faults.endpoint} login="/auth/login?prompt=none">
              <button type="submit" name="fault" value="no-provider-session">
                prompt=none
              </button>
            </BreakForm>
          ) : (
            <a href="/auth/login?returnTo=/inspector&prompt=none">prompt=none</a>
          )}
          {faults
            ? "Asks for a login without a page, while the provider does not know you."
            : "Asks for a login without a page. Log out at the provider first to see it refuse."}
        </li>
      </ul>
    </section>
  );
}
