import { ThemeToggle } from "@/components/site/theme-toggle";
import { cookieName } from "@/lib/auth/session-cookie";
import { SITE } from "@/lib/site";

interface SiteFooterProps {
  /** The theme that the visitor has chosen. */
  theme: string | undefined;
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
        <ThemeToggle
          cookies={{ theme: cookieName("theme"), zone: cookieName("zone") }}
          chosen={theme ?? "system"}
        />
      </div>
    </footer>
  );
}
