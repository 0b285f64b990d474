import { ExternalLink } from "@/components/external-link";
import { SITE_LINKS } from "@/components/site-links";

export function SiteFooter() {
  return (
    <footer className="border-t border-line text-sm text-soft">
      <div className="mx-auto flex max-w-5xl flex-col gap-10 px-5 py-12 sm:flex-row sm:justify-between">
        <div className="max-w-xs">
          <p className="font-medium text-ink">Hello OIDC</p>
          <p className="mt-2 leading-6">A reference app to read, run and copy from. MIT licence.</p>
        </div>
        <div className="flex flex-wrap gap-x-16 gap-y-8">
          {SITE_LINKS.map(({ heading, links }) => (
            <div key={heading}>
              <h2 className="font-medium text-ink">{heading}</h2>
              <ul className="mt-1 sm:mt-2">
                {links.map((link) => (
                  <li key={link.href}>
                    <ExternalLink {...link} />
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </div>
      </div>
    </footer>
  );
}
