import path from "node:path";
import type { NextConfig } from "next";
import appConfig from "../../next.config.ts";

const root = path.resolve(import.meta.dirname, "../.."); // the copy of the app uses the original's packages

const nextConfig: NextConfig = {
  ...appConfig,
  turbopack: { ...appConfig.turbopack, root },
  outputFileTracingRoot: root,
};

export default nextConfig;
