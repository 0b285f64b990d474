import { readdirSync, readFileSync } from "node:fs";
import { html, type Middleware } from "./layout.ts";
import type { People, Person } from "./people.ts";

const read = (file: string) => readFileSync(new URL(file, import.meta.url));

const SVG = "image/svg+xml";

/** The provider's files by path: the style sheet, its font, the icon, and the pictures of the demo people. */
const FILES = new Map<string, { type: string; body: Buffer | (() => Promise<string>) }>([
  ["/assets/style.css", { type: "text/css", body: () => (styles ??= compileStyles()) }],
  ["/assets/geist.woff2", { type: "font/woff2", body: read("../../app/fonts/geist.woff2") }],
  ["/assets/icon.svg", { type: SVG, body: read("../../app/icon.svg") }],
  ["/people/alice.svg", { type: SVG, body: read("faces/alice.svg") }],
  ["/people/admin.svg", { type: SVG, body: read("faces/admin.svg") }],
]);

/** Serves the files above. For a person who has signed up, `/people/SUB.svg` is a picture of the person's initials. */
export function files(people: People): Middleware {
  return async (ctx, next) => {
    const person = people.get(/^\/people\/([\w-]+)\.svg$/.exec(ctx.path)?.[1] ?? "");
    const file = FILES.get(ctx.path) ?? (person && { type: SVG, body: drawInitials(person) });
    if (!file) return next();
    ctx.set({
      "Cache-Control": "public, max-age=300",
      // A browser can open an SVG as a page. This page must not run scripts or load files.
      "Content-Security-Policy": "default-src 'none'",
      "Cross-Origin-Resource-Policy": "cross-origin",
      "X-Content-Type-Options": "nosniff",
    });
    ctx.type = file.type;
    ctx.body = typeof file.body === "function" ? await file.body() : file.body;
  };
}

let styles: Promise<string> | undefined;

/** Compiles the style sheet with Tailwind CSS, once. Every word in the TypeScript files here may be a class name. */
async function compileStyles(): Promise<string> {
  const { compile } = await import("tailwindcss");
  const path = import.meta.resolve("tailwindcss/index.css");
  const loadStylesheet = async (_: string, base: string) => ({ path, base, content: read(path).toString() });
  const { build } = await compile(read("style.css").toString(), { loadStylesheet });
  const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".ts"));
  const source = names.map((name) => read(name).toString()).join("\n");
  return build(source.split(/[\s"]+/));
}

/** Background colours. White initials have enough contrast on each of these colours (WCAG 1.4.3). */
const COLOURS = ["#0a6f7d", "#93386f", "#865500", "#56616c", "#17703f", "#b3261e"];

/** A person's initials as SVG, on a colour that depends on their `sub`. */
function drawInitials({ sub, name }: Person): string {
  const [first = "", ...others] = name.split(" ");
  const initials = [first, others.at(-1) ?? ""].map(([letter = ""]) => letter.toUpperCase()).join("");
  const seed = [...sub].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0);
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="96" height="96" role="img" aria-label="${name}"><path fill="${COLOURS[seed % COLOURS.length]}" d="M0 0h48v48H0z"/><text x="24" y="24.5" fill="#fff" font-family="system-ui, sans-serif" font-size="18" font-weight="600" text-anchor="middle" dominant-baseline="central">${initials}</text></svg>
`.text;
}
