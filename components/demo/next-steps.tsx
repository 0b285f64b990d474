import Link from "next/link";
import { getSettings } from "@/lib/settings"; // part: remote-logout

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
];

// part: remote-logout
/** Needs a session store. */
const SESSIONS = {
  href: "/profile#sessions",
  title: "End a session from here",
  text: "Log in on your phone, and log the phone out from your profile.",
};
// end part: remote-logout

/** Suggests to a user what to try next. The home page shows these suggestions. */
export function NextSteps() {
  const steps = [...STEPS];
  if (getSettings().sessionStoreUrl) steps.push(SESSIONS); // part: remote-logout
  return (
    <section aria-labelledby="next" className="next-steps">
      <h2 id="next">What to try next</h2>
      <ol>
        {steps.map(({ href, title, text }) => (
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
