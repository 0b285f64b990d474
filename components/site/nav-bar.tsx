import { headers } from "next/headers";
import { SiteMenu } from "@/components/site/site-menu";
import { UserMenu } from "@/components/site/user-menu";
import { buttonClass } from "@/components/ui/button";
import { rolesOf } from "@/lib/auth/access/requirement";
import { getSession, getUser } from "@/lib/auth/current-user";
import { ANSWER_STATUS_HEADER } from "@/lib/auth/http";
import { SITE } from "@/lib/site";

/** The header of every page: the app's name, the tabs, and either the user menu or the links to log in. */
export async function NavBar() {
  // While the session store is unavailable, the app cannot tell who the visitor is, so it shows neither of the two.
  const isUnknown = (await headers()).get(ANSWER_STATUS_HEADER) === "503";
  const session = isUnknown ? null : await getSession();
  const user = session && (await getUser());
  const tabs = SITE.navigation
    .filter(({ audience }) => audience === "everybody" || session)
    .filter(({ role }) => !role || (session && rolesOf(session).includes(role)))
    .map(({ href, label }) => ({ href, label }));

  return (
    <header className="site-header">
      <div>
        <a href="/">{SITE.name}</a>
        <nav aria-label="Main">
          <button type="button" popoverTarget="site-menu" className={buttonClass("secondary")}>
            Menu
          </button>
          <div id="site-menu" popover="auto">
            <SiteMenu tabs={tabs}>{user ? <UserMenu user={user} /> : isUnknown ? "" : null}</SiteMenu>
          </div>
        </nav>
      </div>
    </header>
  );
}
