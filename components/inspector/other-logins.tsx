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
    about: "Sends OIDC_SIGNUP_PARAMS, and prompt=create if the provider supports it.",
  },
  {
    title: "prompt=login",
    query: "prompt=login",
    about: "The provider asks you to log in again, although it knows you.",
  },
  {
    title: "max_age=60",
    query: "max_age=60",
    about: "The provider asks you to log in again if your last login is older than a minute.",
  },
];

const TRIALS: Readonly<Record<Trial, OtherLogin>> = {
  form_post: { title: "form_post", about: "The provider posts the code instead of redirecting with it." },
  // part: fapi
  par: {
    title: "PAR",
    about: "The app sends the request directly to the provider. The browser carries only a reference.",
  },
  dpop: {
    title: "DPoP",
    about: "The tokens work only with a key that the app keeps. A thief cannot use them.",
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

/** Shows links that start logins with other parameters. A successful login returns to the inspector. */
export function OtherLogins({ trials, acr, faults }: OtherLoginsProps) {
  const strongest = (Array.isArray(acr) ? acr : []).findLast((value) => typeof value === "string");
  const logins = [...LOGINS, ...trials.map((trial) => ({ ...TRIALS[trial], query: `try=${trial}` }))];
  if (strongest) {
    const query = String(new URLSearchParams({ step_up: "1", acr_values: strongest }));
    const about = "The app asks for a stronger login, and checks that the ID token confirms it.";
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
            ? "The app asks for a login without a page, although you have no session at the provider."
            : "The app asks for a login without a page. The provider refuses if you are logged out there."}
        </li>
      </ul>
    </section>
  );
}
