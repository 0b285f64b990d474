/** A login, request by request. */
const LOGIN_STEPS = [
  { request: "GET /auth/login", text: "Redirects to the provider with state, nonce and a PKCE challenge." },
  { request: "The provider", text: "Logs you in and sends you back with a code that works once." },
  {
    request: "GET /auth/callback",
    text: "Exchanges the code, checks the ID token and seals the session into a cookie.",
  },
  { request: "GET /profile", text: "Is rendered on the server. No script ever sees a token." },
] as const;

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
