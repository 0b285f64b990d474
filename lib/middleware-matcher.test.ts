import { unstable_doesMiddlewareMatch as doesMatch } from "next/experimental/testing/server";
import { expect, test } from "vitest";
import { ROUTES } from "@/lib/auth/routes.ts";
import { config } from "@/middleware";
import nextConfig from "../next.config.ts";

const passes = (path: string, cookies = {}) =>
  doesMatch({ config, nextConfig, url: `https://app.example.com${path}`, cookies });

const LOGIN_ROUTES = ROUTES.flatMap(({ path, alias }) => (alias ? [path, alias] : []));

test.each([
  ...LOGIN_ROUTES,
  "/auth/callback?code=c",
  "/_next/static/x.js",
  "/favicon.ico",
  "/icon.svg",
  "/social.png",
  "/healthz", // part: container
  "/readyz", // part: container
  "/api/backend/orders", // part: backend-proxy
  "/api/backend/a/b?c=d", // part: backend-proxy
])("the middleware does not run for %s", (path) => {
  expect(passes(path)).toBe(false);
});

test.each([
  "/",
  "/profile",
  "/admin",
  "/api/data",
  "/auth/me",
  "/auth/sessions",
  "/auth/backchannel-logout",
  "/auth/v2/login", // part: broker
  "/auth/error",
  "/logins",
  "/healthz/x", // part: container
  "/api/backend",
  "/api/backends/orders",
  "/x/api/backend/orders",
  "/auth/login/x",
  "/auth/loginx",
  "/x/auth/login",
  "/auth/callback.rsc",
  "/AUTH/LOGIN",
  "/profile/auth/login",
  "/profile?/auth/login",
  "/icon.svg/profile",
  "/_next/image",
])("the middleware runs for %s", (path) => {
  expect(passes(path)).toBe(true);
});

test.each([
  ...LOGIN_ROUTES,
  "/api/backend/orders", // part: backend-proxy
])("the middleware also runs for %s if the request has more than 50 cookies", (path) => {
  const cookies = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`c${at}`, ""]));
  expect(passes(path, cookies(51))).toBe(true);
  expect(passes(path, cookies(50))).toBe(false);
});
