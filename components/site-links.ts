/** What the footer points to, by heading. */
export const SITE_LINKS: readonly { heading: string; links: readonly { href: string; label: string }[] }[] = [
  {
    heading: "Specifications",
    links: [
      { href: "https://openid.net/specs/openid-connect-core-1_0.html", label: "OpenID Connect Core" },
      { href: "https://openid.net/specs/openid-connect-rpinitiated-1_0.html", label: "RP-Initiated Logout" },
      { href: "https://www.rfc-editor.org/rfc/rfc9700", label: "OAuth 2.0 Security, RFC 9700" },
    ],
  },
  {
    heading: "Built with",
    links: [
      { href: "https://nextjs.org", label: "Next.js" },
      { href: "https://github.com/panva/openid-client", label: "openid-client" },
      { href: "https://github.com/vvo/iron-session", label: "iron-session" },
    ],
  },
];
