"use client";

import { useEffect, useState } from "react";

const YEAR = 365 * 86_400; // seconds

interface ThemeToggleProps {
  /** The names of the cookies that keep the choice, and the time zone. */
  cookies: { readonly theme: string; readonly zone: string };
  chosen: string;
}

/**
 * Light colours, dark ones, or what the system says. The server reads the choice from a cookie, so no page is drawn in the
 * wrong colours first. Another cookie tells it the visitor's time zone.
 */
export function ThemeToggle({ cookies, chosen }: ThemeToggleProps) {
  const [current, setCurrent] = useState(chosen);
  useEffect(() => keep(cookies.zone, Intl.DateTimeFormat().resolvedOptions().timeZone), [cookies.zone]);
  const choose = (theme: string) => {
    document.documentElement.dataset.theme = theme;
    keep(cookies.theme, theme);
    setCurrent(theme);
  };
  return (
    <fieldset className="theme">
      <legend>Theme</legend>
      {["System", "Light", "Dark"].map((label) => {
        const theme = label.toLowerCase();
        return (
          <button key={theme} type="button" aria-pressed={theme === current} onClick={() => choose(theme)}>
            {label}
          </button>
        );
      })}
    </fieldset>
  );
}

function keep(name: string, value: string): void {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: not every browser has the Cookie Store API
  document.cookie = `${name}=${encodeURIComponent(value)}; Path=/; SameSite=Lax; Max-Age=${YEAR}${secure}`;
}
