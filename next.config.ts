import type { NextConfig } from "next";

const nextConfig: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  experimental: { authInterrupts: true },
  /** The tutorials' form of the four routes, for callback URLs that are registered so. */
  rewrites: async () =>
    ["login", "signup", "callback", "logout"].map((name) => ({
      source: `/${name}`,
      destination: `/auth/${name}`,
    })),
};

export default nextConfig;
