import os from "node:os";
import path from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

const ROOT = path.resolve(import.meta.dirname, "../..");

export default defineConfig({
  root: ROOT,
  resolve: {
    alias: {
      "@": ROOT,
      "server-only": "next/dist/compiled/server-only/empty.js", // Next.js contains this package
    },
  },
  test: {
    environment: "node",
    // Test files share threads, so that packages are loaded once for each thread. new-file.ts keeps the files apart.
    pool: "threads",
    isolate: false,
    setupFiles: "dev/testing/new-file.ts",
    maxWorkers: os.availableParallelism(), // the default leaves one core unused
    include: ["**/*.test.{ts,tsx}"],
    exclude: [...configDefaults.exclude, "**/.*/**"], // builds and copies of the app
    // Many tests load the app again, as a new process would. On a busy machine, this can take longer than 5 s.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
