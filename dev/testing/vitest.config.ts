import os from "node:os";
import path from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

const ROOT = path.resolve(import.meta.dirname, "../..");

export default defineConfig({
  root: ROOT,
  resolve: {
    alias: {
      "@": ROOT,
      "server-only": "next/dist/compiled/server-only/empty.js", // Next.js provides the package
    },
  },
  test: {
    environment: "node",
    // Cheaper to start than processes, one per file as well.
    pool: "threads",
    maxWorkers: os.availableParallelism(), // by default one less, which on two cores is one at a time
    include: ["**/*.test.{ts,tsx}"],
    exclude: [...configDefaults.exclude, "**/.*/**"], // builds and copies of the app are in folders with a dot
    // Many tests load the app again, as a new process would. On a busy machine that takes longer than the default of 5 s.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
