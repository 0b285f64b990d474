import type { SessionOptions } from "iron-session";

/** Opens the app's own cookie, so that all pages are asked with the same request. */
export const ironOptions: SessionOptions = {
  cookieName: "hello-oidc.session",
  password: JSON.parse(process.env.BENCH_PASSWORDS ?? "{}"),
  chunk: true,
};
