import { Icon } from "@/components/ui/icon";

const FEATURES = [
  {
    href: "/profile",
    icon: "person",
    title: "Who you are",
    text: "Your profile at the provider, and every claim of the ID token that it comes from.",
    access: "Needs a login",
  },
  {
    href: "/dashboard",
    icon: "panels",
    title: "What the session holds",
    text: "The dashboard: times, scopes, userinfo and the claims of each token.",
    access: "Needs a login",
  },
  {
    href: "/public",
    icon: "globe",
    title: "A message for everybody",
    text: "An API call without a token, to compare with the next two.",
    access: "Open to everybody",
  },
  {
    href: "/protected",
    icon: "lock",
    title: "A message for you",
    text: "The same call with your access token. The server makes it, and renews the token when it expires.",
    access: "Needs a login",
  },
  {
    href: "/admin",
    icon: "shield",
    title: "A message for a few",
    text: "The same call for people with a permission. The API decides, and everyone else gets a 403 page.",
    access: "Needs a permission",
  },
  {
    href: "/note",
    icon: "pen",
    title: "A note of yours",
    text: "A form with a server action. It works without JavaScript, and keeps your input where the session ends.",
    access: "Needs a login",
  },
  {
    href: "/change-email",
    icon: "clock",
    title: "Change e-mail",
    text: "A page that opens for five minutes after a login. Later, the provider asks who you are again.",
    access: "Needs a recent login",
  },
  {
    href: "/auth/me",
    icon: "braces",
    title: "You as JSON",
    text: "What scripts in the browser can get: the user, never a token.",
    access: "Needs a login",
  },
] as const;

/** What to look at, for the home page. */
export function Showcase() {
  return (
    <section aria-labelledby="look" className="showcase">
      <h2 id="look">What to look at</h2>
      <ul>
        {FEATURES.map((feature) => (
          <FeatureCard key={feature.href} feature={feature} />
        ))}
      </ul>
    </section>
  );
}

interface FeatureCardProps {
  feature: (typeof FEATURES)[number];
}

/** The whole card is a link. */
function FeatureCard({ feature: { href, icon, title, text, access } }: FeatureCardProps) {
  return (
    <li>
      <Icon name={icon} />
      <h3>
        <a href={href}>{title}</a>
      </h3>
      <p>{text}</p>
      <p>{access}</p>
    </li>
  );
}
