import type { NextConfig } from "next";
import { NO_STORE } from "./lib/auth/http.ts";
import { ROUTES } from "./lib/auth/routes.ts";
import { ROUTE_HEADERS } from "./lib/security-headers.ts";

/** In development, where APP_BASE_URL is a tunnel's: Next.js answers its hot reload at localhost alone otherwise. */
function tunnelHosts(): string[] {
  const host = URL.parse(process.env.APP_BASE_URL ?? "")?.hostname;
  return host && process.env.NODE_ENV === "development" ? [host] : [];
}

const nextConfig: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // Both are this folder, wherever it lies: Next.js would take a folder above it that has a lock file of its own.
  turbopack: { root: import.meta.dirname },
  outputFileTracingRoot: import.meta.dirname,
  allowedDevOrigins: tunnelHosts(),
  skipProxyUrlNormalize: true, // the guard gets the query unchanged, and sees requests of Next.js's router
  outputFileTracingIncludes: { "/learn/**": ["./docs/tutorial/*.md"] }, // part: learn
  serverExternalPackages: ["@redis/client", "mongodb", "mysql2", "pg"], // part: store
  images: { unoptimized: true }, // nothing uses it, and its route would fetch URLs for anyone
  experimental: {
    authInterrupts: true,
    preloadEntriesOnStart: false, // a page is loaded when it is first requested
  },
  // One entry for all routes that the middleware does not run for, whatever their answer: also for a wrong method. Next.js
  // compares every request with every entry.
  headers: async () => [
    {
      source: `/(${ROUTES.flatMap(({ path, alias }) => (alias ? [path, alias] : []))
        .map((path) => path.slice(1))
        .join("|")})`,
      headers: Object.entries({ ...ROUTE_HEADERS, ...NO_STORE }).map(([key, value]) => ({ key, value })),
    },
  ],
  rewrites: async () =>
    ROUTES.flatMap(({ path, alias }) => (alias ? [{ source: alias, destination: path }] : [])),
};

export default nextConfig;
