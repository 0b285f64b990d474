import { readFileSync } from "node:fs";
import { html, type Middleware } from "./layout.ts";
import type { People, Person } from "./people.ts";

const read = (file: string) => readFileSync(new URL(file, import.meta.url));

const ASSETS = new Map([
  ["/assets/style.css", { type: "text/css", body: read("style.css") }],
  ["/assets/geist.woff2", { type: "font/woff2", body: read("../../app/fonts/geist.woff2") }],
  ["/assets/icon.svg", { type: "image/svg+xml", body: read("../../app/icon.svg") }],
]);

/** Serves the style sheet, the icon, and each person's picture at `/people/SUB.svg`. */
export function files(people: People): Middleware {
  return async (ctx, next) => {
    const person = people.get(/^\/people\/([\w-]+)\.svg$/.exec(ctx.path)?.[1] ?? "");
    const file = person ? { type: "image/svg+xml", body: drawAvatar(person) } : ASSETS.get(ctx.path);
    if (!file) return next();
    ctx.set({
      "Cache-Control": "public, max-age=300",
      // An SVG that is opened directly is a document. It must not run or load anything.
      "Content-Security-Policy": "default-src 'none'",
      "Cross-Origin-Resource-Policy": "cross-origin",
      "X-Content-Type-Options": "nosniff",
    });
    ctx.type = file.type;
    ctx.body = file.body;
  };
}

/** The faces of the demo people, by `sub`. Somebody who signs up has initials. */
const FACES = new Map([
  [
    "alice",
    html`<path fill="#bfe3e1" d="M0 0h48v48H0z"/><path d="M12.5 34V21.5a11.5 11.5 0 0 1 23 0V34z" fill="#6b3420"/><path d="M6 52c0-10 8-15 18-15s18 5 18 15z" fill="#e09a1f"/><path d="M20.5 29h7v7.500c0 2-1.5 3.3-3.5 3.300s-3.5-1.3-3.5-3.300z" fill="#e3ae82"/><ellipse cx="24" cy="24" rx="7.8" ry="9" fill="#f2c79d"/><path d="M15.8 23.500c0-8 4-10.5 8.7-10.5 4.5 0 7.7 2.8 7.7 9-4.5 0-8.5-1.8-10.7-5-1 3-3 5.2-5.7 6.500z" fill="#6b3420"/>`,
  ],
  [
    "admin",
    html`<path fill="#e9cbdc" d="M0 0h48v48H0z"/><path d="M5 52c0-11 8-15.5 19-15.500S43 41 43 52z" fill="#26313c"/><path d="M20.3 30h7.400v7L24 41.5 20.3 37z" fill="#8d5a3a"/><ellipse cx="24" cy="23.5" rx="8" ry="9.3" fill="#a86f4b"/><path d="M15.5 21c-.8-7 3.2-10.5 8.7-10.500s9 3.5 8.2 10.500c-1.2-3-2.6-4.6-4-5-3 .8-7 .7-9.2 0-1.6.8-2.7 2.5-3.7 5z" fill="#17191c"/><g fill="none" stroke="#17191c" stroke-width="1.3"><circle cx="20.4" cy="23.8" r="2.9"/><circle cx="27.6" cy="23.8" r="2.9"/><path d="M23.3 23.600h1.4"/></g>`,
  ],
]);

/** White initials have enough contrast on each of them (WCAG 1.4.3). */
const COLOURS = ["#0a6f7d", "#93386f", "#865500", "#56616c", "#17703f", "#b3261e"];

/** A person's picture as SVG: a face, or their initials on a colour that depends on their `sub`. */
function drawAvatar({ sub, name }: Person): string {
  const words = name.split(" ");
  const initials = [words[0], words.length > 1 ? words.at(-1) : ""]
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("");
  const seed = [...sub].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0);
  const face =
    FACES.get(sub) ??
    html`<path fill="${COLOURS[seed % COLOURS.length]}" d="M0 0h48v48H0z"/><text x="24" y="24.5" fill="#fff" font-family="system-ui, sans-serif" font-size="18" font-weight="600" text-anchor="middle" dominant-baseline="central">${initials.toUpperCase()}</text>`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="96" height="96" role="img" aria-label="${name}">${face}</svg>
`.text;
}
