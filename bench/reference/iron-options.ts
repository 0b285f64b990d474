import type { SessionOptions } from "iron-session";

/** Lets iron-session open the app's own session cookie, so the bench can send the same requests to all pages. */
export const ironOptions: SessionOptions = {
  cookieName: process.env.BENCH_COOKIE ?? "none", // the build runs without this variable
  password: JSON.parse(process.env.BENCH_PASSWORDS ?? "{}"),
  chunk: true,
};
