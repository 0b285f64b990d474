import { SITE_LINKS } from "@/components/site/site-links";

export function SiteFooter() {
  return (
    <footer className="site-footer">
      <div>
        <p>Hello OIDC is a reference app to read, run and copy from. MIT licence.</p>
        <ul>
          {SITE_LINKS.map(({ href, label }) => (
            <li key={label}>
              <a href={href} target="_blank" rel="noopener noreferrer">
                {label}
              </a>
            </li>
          ))}
        </ul>
      </div>
    </footer>
  );
}
