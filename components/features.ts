/** What to look at, for the home page. */
export const FEATURES = [
  {
    href: "/profile",
    icon: "person",
    title: "Who you are",
    text: "Your profile as the provider states it, and every claim of the ID token that says so.",
    access: "Needs a login",
  },
  {
    href: "/dashboard",
    icon: "panels",
    title: "What the session holds",
    text: "The dashboard: its times, its scopes, userinfo, each token decoded.",
    access: "Needs a login",
  },
  {
    href: "/public",
    icon: "globe",
    title: "A message for everybody",
    text: "An API call without a token, for comparison with the two beside it.",
    access: "Open to everybody",
  },
  {
    href: "/protected",
    icon: "lock",
    title: "A message for you",
    text: "The same call with the access token, made on the server, renewed when it is due.",
    access: "Needs a login",
  },
  {
    href: "/admin",
    icon: "shield",
    title: "A message for a few",
    text: "One more permission. The API decides, and its refusal is a page of its own.",
    access: "Needs a permission",
  },
  {
    href: "/auth/me",
    icon: "braces",
    title: "You as JSON",
    text: "What a script in the browser may know: the user, and never a token.",
    access: "Needs a login",
  },
] as const;

/** A login, request by request. */
export const LOGIN_STEPS = [
  { request: "GET /auth/login", text: "Off to the provider, with state, nonce and a PKCE challenge." },
  { request: "The provider", text: "Asks who you are, and sends you back with a code that works once." },
  { request: "GET /auth/callback", text: "Code exchanged, ID token checked, session sealed into a cookie." },
  { request: "GET /profile", text: "Rendered on the server. No script ever sees a token." },
] as const;
