// part: whole-app
type Link = { readonly href: string; readonly label: string };

type Tab = Link & { readonly audience: "everybody" | "logged-in"; readonly role?: string };
/** The tabs of the navigation. `audience` says who sees a tab. A tab with a `role` is only for users with this role. */
const NAVIGATION: readonly Tab[] = [
  { href: "/profile", label: "Profile", audience: "everybody" },
  { href: "/dashboard", label: "Dashboard", audience: "logged-in" }, // part: demo
  { href: "/public", label: "Public", audience: "everybody" }, // part: demo
  { href: "/protected", label: "Protected", audience: "logged-in" }, // part: demo
  { href: "/admin", label: "Admin", audience: "logged-in" }, // part: demo
];

/** The links in the footer: the specifications that the app follows, and its most important library. */
const LINKS: readonly Link[] = [
  { href: "https://openid.net/specs/openid-connect-core-1_0.html", label: "OpenID Connect Core" },
  { href: "https://www.rfc-editor.org/rfc/rfc9700", label: "RFC 9700" },
  { href: "https://github.com/panva/openid-client", label: "openid-client" },
];
// end part: whole-app

/* To rename the app, edit this file. The README lists the other places to edit. */ // part: whole-app
/** The app's name, and the other names and texts that describe the app. */
export const SITE = {
  name: "Hello OIDC",
  // The prefix of cookie names and store keys. Lower-case letters, digits and hyphens. A new id logs everybody out.
  // It is also the embedded provider's client id. // part: whole-app
  id: "hello-oidc",
  // part: whole-app
  headline: "Log in with any OpenID Connect provider", // the title of the home page
  description:
    "A small, complete Next.js app: log in, sign up, log out and call a protected API, without a vendor's SDK.",
  about: "MIT licence.", // shown in the footer
  navigation: NAVIGATION,
  links: LINKS,
  // end part: whole-app
} as const;
