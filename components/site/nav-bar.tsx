import { headers } from "next/headers";
import { LoginButtons, LogOutButton } from "@/components/site/auth-buttons";

import { buttonClass } from "@/components/ui/button";
import { Icon } from "@/components/ui/icon";
import { getUser } from "@/lib/auth/current-user";
import { ANSWER_STATUS_HEADER, PATHNAME_HEADER } from "@/lib/auth/http";
import { SITE } from "@/lib/site";

const MENU_ID = "site-menu";

/** The header of every page: brand, tabs, and the way in or out. */
export async function NavBar() {
  const sent = await headers();
  // A layout does not learn the path it renders for; the middleware passes it on.
  const path = sent.get(PATHNAME_HEADER);
  const isUnknown = sent.get(ANSWER_STATUS_HEADER) === "503"; // who asks: neither the way in nor the way out is right
  const user = isUnknown ? null : await getUser();
  const tabs = SITE.navigation.filter(({ audience }) => audience === "everybody" || user !== null);

  return (
    <header className="sticky top-0 z-10 border-b border-line bg-canvas">
      <div className="mx-auto flex h-16 max-w-5xl items-center justify-between gap-8 px-5">
        <Logo />
        <nav aria-label="Main" className="flex items-center md:grow">
          <button
            type="button"
            popoverTarget={MENU_ID}
            className={`site-menu-button ${buttonClass("secondary")}`}
          >
            <Icon name="menu" className="when-closed size-5" />
            <Icon name="close" className="when-open size-5" />
            Menu
          </button>
          <div id={MENU_ID} popover="auto" className="site-menu">
            <ul className="flex flex-col md:flex-row md:gap-1">
              {tabs.map(({ href, label }) => (
                <li key={href}>
                  <a href={href} aria-current={href === path ? "page" : undefined} className="site-tab">
                    {label}
                  </a>
                </li>
              ))}
            </ul>
            <div className="flex flex-col gap-3 md:flex-row md:gap-2">
              {user ? <LogOutButton /> : !isUnknown && <LoginButtons path={path} />}
            </div>
          </div>
        </nav>
      </div>
    </header>
  );
}

function Logo() {
  return (
    <a
      href="/"
      className="-mx-2 inline-flex min-h-11 items-center gap-2.5 rounded-lg px-2 font-semibold tracking-tight whitespace-nowrap"
    >
      <span className="grid size-7 place-items-center rounded-lg bg-accent text-on-accent">
        <Icon name="key" className="size-4.5" />
      </span>
      {SITE.name}
    </a>
  );
}
