import type { NextConfig } from "next";
import { NO_STORE } from "./lib/auth/request.ts";
import { ROUTE_HEADERS } from "./lib/security-headers.ts";

const nextConfig: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  skipProxyUrlNormalize: true, // the guard sees the query as the visitor wrote it, and whether Next's router asks
  serverExternalPackages: ["@redis/client", "kysely", "mongodb", "mysql2", "pg"], // loaded when their store is chosen
  images: { unoptimized: true }, // nothing here uses the optimiser: one route less that fetches what it is told
  experimental: {
    authInterrupts: true,
    proxyClientMaxBodySize: "64kb", // no form here is longer, and a longer one is not worth the memory
  },
  /** The routes that the middleware leaves out, whatever comes of a request: one with the wrong method, too. */
  headers: async () => [
    {
      source: "/auth/:step(login|signup|callback)",
      headers: Object.entries({ ...ROUTE_HEADERS, ...NO_STORE }).map(([key, value]) => ({ key, value })),
    },
  ],
  /** The tutorials' form of the four routes, for callback URLs that are registered so. */
  rewrites: async () =>
    ["login", "signup", "callback", "logout"].map((name) => ({
      source: `/${name}`,
      destination: `/auth/${name}`,
    })),
};

export default nextConfig;
