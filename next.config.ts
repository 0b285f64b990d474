import { readFileSync } from "node:fs"; // part: store
import path from "node:path"; // part: store
import type { NextConfig } from "next";
import { NO_STORE } from "./lib/auth/http.ts";
import { ROUTES } from "./lib/auth/routes.ts";
import { ROUTE_HEADERS } from "./lib/security-headers.ts";

/** Allows hot reload at the host of APP_BASE_URL, for example through a tunnel. Next.js's default is only localhost. */
function tunnelHosts(): string[] {
  const host = URL.parse(process.env.APP_BASE_URL ?? "")?.hostname;
  return host && process.env.NODE_ENV === "development" ? [host] : [];
}

// part: store
const DRIVERS = ["@redis/client", "mongodb", "mysql2", "pg"];

/**
 * Replaces each database driver that is not in `dependencies`. Otherwise, a build for a container or Vercel would
 * include it. `outputFileTracingExcludes` would not keep the drivers out of the middleware's files.
 */
function unusedDrivers(): Record<string, string> {
  if (!process.env.BUILD_STANDALONE && !process.env.VERCEL) return {};
  const manifest = readFileSync(path.join(import.meta.dirname, "package.json"), "utf8");
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
  const unused = DRIVERS.filter((name) => !(name in dependencies));
  const modules = unused.flatMap((name) => [name, `${name}/promise`]); // mysql2 is imported as mysql2/promise
  return Object.fromEntries(modules.map((name) => [name, "./lib/store/no-driver.ts"]));
}
// end part: store

const nextConfig: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // Without `root`, Next.js would take a parent folder as the project's root if that folder has a lock file.
  turbopack: {
    root: import.meta.dirname,
    resolveAlias: unusedDrivers(), // part: store
  },
  outputFileTracingRoot: import.meta.dirname,
  ...(process.env.BUILD_STANDALONE && { output: "standalone" }), // for the Dockerfile // part: container
  allowedDevOrigins: tunnelHosts(),
  skipProxyUrlNormalize: true, // the guard needs the unchanged query, and the headers of Next.js's router
  outputFileTracingIncludes: { "/learn/**": ["./docs/tutorial/*.md"] }, // part: learn
  serverExternalPackages: DRIVERS, // part: store
  images: { unoptimized: true }, // turns off the unused image optimizer, which anyone could make convert images
  outputFileTracingExcludes: { "**": ["node_modules/sharp/**", "node_modules/@img/**"] }, // packages of the optimizer
  experimental: {
    authInterrupts: true,
    preloadEntriesOnStart: false, // a page is loaded when it is first requested
  },
  // The middleware usually skips these routes, so Next.js adds their headers, also if it rejects the method (405).
  // All routes are in one entry, because Next.js compares every request with every entry.
  headers: async () => [
    {
      source: `/(${ROUTES.flatMap(({ path, alias }) => (alias ? [path, alias] : []))
        .concat("/healthz", "/readyz") // part: container
        .map((path) => path.slice(1))
        .join("|")})`,
      headers: Object.entries({ ...ROUTE_HEADERS, ...NO_STORE }).map(([key, value]) => ({ key, value })),
    },
  ],
  rewrites: async () =>
    ROUTES.flatMap(({ path, alias }) => (alias ? [{ source: alias, destination: path }] : [])),
};

export default nextConfig;
