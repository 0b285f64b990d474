import { readFileSync } from "node:fs";
import type { Provider } from "oidc-provider";
import { drawAvatar } from "./avatar.ts";
import type { People } from "./people.ts";

type Middleware = Parameters<Provider["use"]>[0];

const ASSETS = new Map([
  ["/assets/style.css", { type: "text/css", body: readFileSync(new URL("style.css", import.meta.url)) }],
  [
    "/assets/icon.svg",
    { type: "image/svg+xml", body: readFileSync(new URL("../../app/icon.svg", import.meta.url)) },
  ],
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
