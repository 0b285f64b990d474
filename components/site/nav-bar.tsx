import { headers } from "next/headers";
import { LoginButtons, LogOutButton } from "@/components/site/auth-buttons";
import { buttonClass } from "@/components/ui/button";
import { rolesOf } from "@/lib/auth/access/requirement";
import { getSession } from "@/lib/auth/current-user";
import { ANSWER_STATUS_HEADER, PATHNAME_HEADER } from "@/lib/auth/http";
import { SITE } from "@/lib/site";

const MENU_ID = "site-menu";

/** The header of every page: the app's name, tabs, and the buttons to log in or out. */
export async function NavBar() {
  const sent = await headers();
  // A layout does not learn the path it renders for; the middleware passes it on.
  const path = sent.get(PATHNAME_HEADER);
  // Without its session store the app does not know who asks, so it shows no buttons.
  const isUnknown = sent.get(ANSWER_STATUS_HEADER) === "503";
  const session = isUnknown ? null : await getSession();
  const roles = session ? rolesOf(session) : [];
  const tabs = SITE.navigation.filter(
    ({ audience, role }) => (audience === "everybody" || session) && (!role || roles.includes(role)),
  );

  return (
    <header className="site-header">
      <div>
        <a href="/">{SITE.name}</a>
        <nav aria-label="Main">
          <button type="button" popoverTarget={MENU_ID} className={buttonClass("secondary")}>
            Menu
          </button>
          <div id={MENU_ID} popover="auto">
            <ul>
              {tabs.map(({ href, label }) => (
                <li key={href}>
                  <a href={href} {...(href === path && { "aria-current": "page" })}>
                    {label}
                  </a>
                </li>
              ))}
            </ul>
            <div>{session ? <LogOutButton /> : !isUnknown && <LoginButtons path={path} />}</div>
          </div>
        </nav>
      </div>
    </header>
  );
}
