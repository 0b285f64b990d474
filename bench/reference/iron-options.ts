import type { SessionOptions } from "iron-session";

/** Opens the app's own session cookie, so that all pages receive the same requests. */
export const ironOptions: SessionOptions = {
  cookieName: process.env.BENCH_COOKIE ?? "none", // the build runs without this variable
  password: JSON.parse(process.env.BENCH_PASSWORDS ?? "{}"),
  chunk: true,
};
