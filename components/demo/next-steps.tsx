import Link from "next/link";

const STEPS = [
  // part: inspector
  {
    href: "/inspector",
    title: "Look inside your login",
    text: "Each request, each answer and each check, with real values.",
  },
  {
    href: "/inspector/try",
    title: "Break it",
    text: "Make the provider send a wrong answer, and see which check stops the login.",
  },
  // end part: inspector
  { href: "/protected", title: "Fetch your message", text: "The app calls the API with your access token." },
  {
    href: "/dashboard",
    title: "See what the app knows",
    text: "Your session, userinfo, and every claim of each token.",
  },
  {
    href: "/profile#sessions",
    title: "End a session from here",
    text: "With a session store, you can log in on your phone, and log the phone out from your profile.",
  },
];

/** Suggests to a user what to try next. The home page shows these suggestions. */
export function NextSteps() {
  return (
    <section aria-labelledby="next" className="next-steps">
      <h2 id="next">What to try next</h2>
      <ol>
        {STEPS.map(({ href, title, text }) => (
          <li key={href}>
            <Link href={href} prefetch={false}>
              <b>{title}</b>
              <span>{text}</span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
