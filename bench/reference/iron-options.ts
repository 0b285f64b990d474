import type { SessionOptions } from "iron-session";

/** Opens the app's own session cookie, so that all pages receive the same requests. */
export const ironOptions: SessionOptions = {
  cookieName: "reference.session",
  password: JSON.parse(process.env.BENCH_PASSWORDS ?? "{}"),
  chunk: true,
};
