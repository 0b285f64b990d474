import Link from "next/link";

interface PageEntry {
  readonly href: string;
  readonly text: string;
  readonly needs: string;
}

const PAGES: readonly PageEntry[] = [
  {
    href: "/dashboard",
    text: "Your session, who the provider says you are, and every token explained",
    needs: "Needs a login",
  },
  {
    href: "/note",
    text: "A form with a server action. It works without JavaScript",
    needs: "Needs a login",
  },
  {
    href: "/change-email",
    text: "A page that opens for five minutes after a login",
    needs: "Needs a recent login",
  },
  {
    href: "/public",
    text: "A message from the API, requested without a token",
    needs: "Needs no login",
  },
  {
    href: "/protected",
    text: "A message for everybody who is logged in, requested with your access token",
    needs: "Needs a login",
  },
  {
    href: "/admin",
    text: "A message for a few people. The API decides who gets it",
    needs: "Needs a permission",
  },
  { href: "/learn", text: "How to build such an app, in ten chapters", needs: "Needs no login" }, // part: learn
];

interface PageListProps {
  title: string;
}

/** The list of pages that a visitor can open, for the home page. */
export function PageList({ title }: PageListProps) {
  return (
    <section aria-labelledby="pages" className="section">
      <h2 id="pages">{title}</h2>
      <ul className="routes">
        {PAGES.map(({ href, text, needs }) => (
          <li key={href}>
            <Link href={href} prefetch={false}>
              <code>{href}</code>
              {text}
              <span>{needs}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
