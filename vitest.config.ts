import path from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": path.resolve(import.meta.dirname) } },
  test: {
    environment: "node",
    // Cheaper to start than processes, one per file as well.
    pool: "threads",
    include: ["{app,bench,components,dev,lib,e2e/support}/**/*.test.{ts,tsx}", "*.test.ts"],
    restoreMocks: true,
    unstubEnvs: true,
  },
});
