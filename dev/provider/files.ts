import { readdirSync, readFileSync } from "node:fs";
import type { Middleware } from "./layout.ts";

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

/** Serves the files above. */
export const files: Middleware = async (ctx, next) => {
  const file = FILES.get(ctx.path);
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

let styles: Promise<string> | undefined;

/** Compiles the style sheet with Tailwind CSS. Treats each word in this folder's code as a possible class name. */
async function compileStyles(): Promise<string> {
  const { compile } = await import("tailwindcss");
  const path = import.meta.resolve("tailwindcss/index.css");
  const loadStylesheet = async (_: string, base: string) => ({ path, base, content: read(path).toString() });
  const { build } = await compile(read("style.css").toString(), { loadStylesheet });
  const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".ts"));
  const source = names.map((name) => read(name).toString()).join("\n");
  return build(source.split(/[\s"]+/));
}
