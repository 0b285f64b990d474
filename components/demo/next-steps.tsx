import Link from "next/link";

const STEPS = [
  { href: "/protected", title: "Fetch your message", text: "The app calls the API with your access token." },
  {
    href: "/dashboard",
    title: "See what the app knows",
    text: "Your session, userinfo, and every claim of each token.",
  },
  { href: "/admin", title: "Get refused", text: "Request the admin message, which few people may read." },
  {
    href: "/profile#sessions",
    title: "End a session from here",
    text: "Log in on your phone as well. It is logged out at once.",
  },
];

/** What somebody who is logged in may try, for the home page. */
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
