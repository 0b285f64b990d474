import path from "node:path";
import { describe, expect, test, vi } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** Returns the configuration that Next.js would read with these environment variables. */
async function configIn(environment: Record<string, string>) {
  vi.resetModules();
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  return (await import("../../../next.config.ts")).default;
}

test("the project's folder is the root, even if a folder above it contains another lock file", async () => {
  const { turbopack, outputFileTracingRoot } = await configIn({});
  expect([turbopack?.root, outputFileTracingRoot]).toEqual([ROOT, ROOT]);
});

describe("hot reload", () => {
  test("hot reload works at the tunnel that APP_BASE_URL names", async () => {
    const config = await configIn({ NODE_ENV: "development", APP_BASE_URL: "https://abc.ngrok.app" });
    expect(config.allowedDevOrigins).toEqual(["abc.ngrok.app"]);
  });

  test.each(["", "not a URL"])(
    "the configuration accepts a missing or invalid APP_BASE_URL: %j",
    async (url) => {
      const config = await configIn({ NODE_ENV: "development", APP_BASE_URL: url });
      expect(config.allowedDevOrigins).toEqual([]);
    },
  );

  test("a build allows no other origin for hot reload", async () => {
    const config = await configIn({ NODE_ENV: "production", APP_BASE_URL: "https://app.example.com" });
    expect(config.allowedDevOrigins).toEqual([]);
  });
});

// part: store
describe("the drivers of session stores", () => {
  const aliases = async (environment: Record<string, string>) => {
    const { turbopack } = await configIn({ VERCEL: "", BUILD_STANDALONE: "", ...environment });
    return Object.keys(turbopack?.resolveAlias ?? {});
  };

  test.each(["VERCEL", "BUILD_STANDALONE"])(
    "a deployment (%s) leaves out the drivers that it does not use",
    async (name) => {
      const drivers = ["@redis/client", "mongodb", "mysql2/promise", "pg"];
      expect(await aliases({ [name]: "1" })).toEqual(expect.arrayContaining(drivers));
    },
  );

  test("other builds contain the drivers that are installed", async () => {
    expect(await aliases({})).toEqual([]);
  });
});
// end part: store
