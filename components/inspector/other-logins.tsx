import { BreakForm } from "@/components/inspector/faults";
import type { Faults } from "@/lib/auth/inspector/faults";
import { NO_PROVIDER_SESSION } from "@/lib/auth/inspector/lessons";
import type { Trial } from "@/lib/auth/inspector/recording";

interface OtherLogin {
  readonly title: string;
  readonly path?: string;
  readonly query?: string;
  readonly about: string;
}

const LOGINS: readonly OtherLogin[] = [
  {
    title: "Sign up",
    path: "/auth/signup",
    about: "Sends screen_hint=signup, and prompt=create if the provider announces it.",
  },
  {
    title: "prompt=login",
    query: "prompt=login",
    about: "The provider asks you to log in again, although it knows you.",
  },
  {
    title: "max_age=60",
    query: "max_age=60",
    about: "Asks again if your last login is older than a minute.",
  },
];

const TRIALS: Readonly<Record<Trial, OtherLogin>> = {
  form_post: { title: "form_post", about: "The provider posts the code, so that it is in no URL." },
  // part: fapi
  par: {
    title: "PAR",
    about: "The app sends the request directly to the provider. The browser carries a reference to it.",
  },
  dpop: {
    title: "DPoP",
    about: "Tokens are bound to a key that the app alone has. A thief cannot use them.",
  },
  // end part: fapi
};

interface OtherLoginsProps {
  /** The options of a login that the provider supports. */
  trials: readonly Trial[];
  /** `acr_values_supported` of the provider's metadata. */
  acr: unknown;
  faults: Faults | null;
}

/** Logins with other parameters, one click each. Each returns to the inspector. */
export function OtherLogins({ trials, acr, faults }: OtherLoginsProps) {
  const strongest = (Array.isArray(acr) ? acr : []).findLast((value) => typeof value === "string");
  const logins = [...LOGINS, ...trials.map((trial) => ({ ...TRIALS[trial], query: `try=${trial}` }))];
  if (strongest) {
    const query = String(new URLSearchParams({ step_up: "1", acr_values: strongest }));
    const about = "Asks for a stronger login, and checks that the ID token states it.";
    logins.push({ title: "Step up", query, about });
  }
  return (
    <section aria-labelledby="other" className="section">
      <h2 id="other">Other logins</h2>
      <ul className="trials">
        {logins.map(({ title, path = "/auth/login", query, about }: OtherLogin) => (
          <li key={title}>
            <a href={`${path}?returnTo=/inspector${query ? `&${query}` : ""}`}>{title}</a>
            {about}
          </li>
        ))}
        <li>
          {faults ? (
            <BreakForm endpoint={faults.endpoint} login="/auth/login?prompt=none">
              <button type="submit" name="fault" value={NO_PROVIDER_SESSION}>
                prompt=none
              </button>
            </BreakForm>
          ) : (
            <a href="/auth/login?returnTo=/inspector&prompt=none">prompt=none</a>
          )}
          {faults
            ? "Asks for a login without a page, while you have no session at the provider."
            : "Asks for a login without a page. To see the provider refuse, log out there first."}
        </li>
      </ul>
    </section>
  );
}
