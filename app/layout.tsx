import type { Metadata } from "next";
import localFont from "next/font/local";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { cookieName } from "@/lib/auth/session-cookie";
import { SITE } from "@/lib/site";
import "@/app/globals.css";
import { NavBar } from "@/components/site/nav-bar";
import { SiteFooter } from "@/components/site/site-footer";

const sans = localFont({ src: "./fonts/geist.woff2", weight: "400 600", variable: "--font-geist" });
const mono = localFont({
  src: "./fonts/geist-mono.woff2",
  weight: "400 600",
  variable: "--font-geist-mono",
  preload: false, // code and short labels can use a fallback font until this font arrives
});

export const metadata: Metadata = {
  title: { default: SITE.name, template: `%s · ${SITE.name}` },
  // Without this, some browsers would turn Unix times in JSON into telephone links.
  formatDetection: { telephone: false, date: false, address: false, email: false },
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = (await cookies()).get(cookieName("theme"))?.value || "system";
  return (
    <html lang="en" data-theme={theme} className={`${sans.variable} ${mono.variable}`}>
      <body>
        <a href="#content" className="skip-link">
          Skip to content
        </a>
        <NavBar />
        <main id="content" tabIndex={-1}>
          {children}
        </main>
        <SiteFooter theme={theme} />
      </body>
    </html>
  );
}
