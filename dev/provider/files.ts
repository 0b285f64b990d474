import { readFileSync } from "node:fs";
import { html, type Middleware } from "./layout.ts";
import type { People, Person } from "./people.ts";

const read = (file: string) => readFileSync(new URL(file, import.meta.url));

const ASSETS = new Map([
  ["/assets/style.css", { type: "text/css", body: read("style.css") }],
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

/** White initials have enough contrast on each of them (WCAG 1.4.3). */
const COLOURS = ["#4f46e5", "#0f766e", "#be123c", "#7c3aed", "#b45309", "#0369a1"];

/** A person's picture as SVG: their initials, on a colour that depends on their `sub`. */
function drawAvatar({ sub, name }: Person): string {
  const words = name.split(" ");
  const initials = [words[0], words.length > 1 ? words.at(-1) : ""]
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("");
  const seed = [...sub].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0);
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96" role="img" aria-label="${name}">
  <rect width="96" height="96" fill="${COLOURS[seed % COLOURS.length]}"/>
  <text x="48" y="49" fill="#fff" font-family="system-ui, sans-serif" font-size="36" font-weight="600" text-anchor="middle" dominant-baseline="central">${initials.toUpperCase()}</text>
</svg>
`.text;
}
