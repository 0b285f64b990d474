/** A login, request by request. */
const LOGIN_STEPS = [
  { request: "GET /auth/login", text: "Off to the provider, with state, nonce and a PKCE challenge." },
  { request: "The provider", text: "Asks who you are, and sends you back with a code that works once." },
  { request: "GET /auth/callback", text: "Code exchanged, ID token checked, session sealed into a cookie." },
  { request: "GET /profile", text: "Rendered on the server. No script ever sees a token." },
] as const;

/** The steps of a login, in four lines. */
export function LoginSteps() {
  return (
    <section aria-labelledby="steps" className="overflow-hidden rounded-xl border border-line bg-surface">
      <h2 id="steps" className="border-b border-line bg-sunken px-5 py-3 text-sm font-medium sm:px-6">
        What happens when you log in
      </h2>
      <ol>
        {LOGIN_STEPS.map(({ request, text }, index) => (
          <li key={request} className="flex gap-4 px-5 py-4 not-last:border-b not-last:border-line sm:px-6">
            <span
              aria-hidden="true"
              className="w-3 shrink-0 font-mono text-[0.8125rem] leading-6 text-accent"
            >
              {index + 1}
            </span>
            <div>
              <p className="font-mono text-[0.8125rem] leading-6 font-medium">{request}</p>
              <p className="text-sm leading-6 text-soft">{text}</p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
