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
        <div>
          {SITE.links.map(({ href, label }) => (
            <a key={label} href={href} target="_blank" rel="noopener noreferrer">
              {label}
            </a>
          ))}
        </div>
        <form method="post" action="/theme" aria-label="Theme">
          {THEMES.map((label) => (
            <button
              key={label}
              type="submit"
              name="theme"
              value={label.toLowerCase()}
              {...(label.toLowerCase() === theme && { "aria-pressed": true })}
            >
              {label}
            </button>
          ))}
        </form>
      </div>
    </footer>
  );
}
