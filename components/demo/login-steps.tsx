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
    <section aria-labelledby="steps" className="login-steps">
      <h2 id="steps">What happens when you log in</h2>
      <ol>
        {LOGIN_STEPS.map(({ request, text }) => (
          <li key={request}>
            <p>{request}</p>
            <p>{text}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
