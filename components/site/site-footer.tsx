import { SITE } from "@/lib/site";

const THEMES = ["System", "Light", "Dark"];

interface SiteFooterProps {
  /** The theme that the visitor has chosen, in lower case. */
  theme: string;
}

export function SiteFooter({ theme }: SiteFooterProps) {
  return (
    <footer className="site-footer">
      <div>
        <p>{SITE.about}</p>
        <ul>
          {SITE.links.map(({ href, label }) => (
            <li key={label}>
              <a href={href} target="_blank" rel="noopener noreferrer">
                {label}
              </a>
            </li>
          ))}
        </ul>
        <form method="post" action="/theme" aria-label="Theme">
          {THEMES.map((label) => (
            <button
              key={label}
              type="submit"
              name="theme"
              value={label.toLowerCase()}
              aria-pressed={label.toLowerCase() === theme}
            >
              {label}
            </button>
          ))}
        </form>
      </div>
    </footer>
  );
}
