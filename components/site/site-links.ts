/** Where the footer leads: the specifications that the app follows, and what it is built with. */
export const SITE_LINKS: readonly { href: string; label: string }[] = [
  { href: "https://openid.net/specs/openid-connect-core-1_0.html", label: "OpenID Connect Core" },
  { href: "https://www.rfc-editor.org/rfc/rfc9700", label: "OAuth 2.0 Security, RFC 9700" },
  { href: "https://nextjs.org", label: "Next.js" },
  { href: "https://github.com/panva/openid-client", label: "openid-client" },
];
