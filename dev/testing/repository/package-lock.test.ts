import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

interface Package {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const root = path.resolve(import.meta.dirname, "../../..");
const lockFile = readFileSync(path.join(root, "package-lock.json"), "utf8");
const { packages } = JSON.parse(lockFile) as { packages: Record<string, Package> };

/** Lists the places where Node.js looks for the dependency `name` of the package at `place`. */
function placesOf(name: string, place: string): string[] {
  const parts = place.split("/node_modules/");
  const nested = parts.map((_, index) => parts.slice(0, parts.length - index).join("/node_modules/"));
  return [...nested.map((parent) => `${parent}/node_modules/${name}`), `node_modules/${name}`];
}

// If npm cannot find a package, the lock file lacks it. Then `npm ci` fails, and other platforms get no binary.
test("the lock file has the binaries of every platform", () => {
  const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !placesOf(name, place).some((at) => packages[at])),
  );
  expect(missing).toEqual([]);
});

test(".nvmrc names the version of Node.js that npm's scripts use", () => {
  const version = readFileSync(path.join(root, ".nvmrc"), "utf8").trim();
  expect(packages["node_modules/node"]?.version).toMatch(new RegExp(`^${version}\\.`));
});

// If tests use an optional peer dependency of a production package, npm also installs it for production.
test("a production install has no database driver, no test tool, and at most 40 required packages", () => {
  const production = Object.entries(packages).filter(
    ([place, { dev, optional }]) => place && !dev && !optional,
  );
  const names = production.map(([place]) => place.replace("node_modules/", ""));
  expect(names).toContain("next");
  const unwanted = ["@redis/client", "mongodb", "mysql2", "pg", "playwright", "vitest", "oidc-provider"];
  expect(names.filter((name) => unwanted.includes(name))).toEqual([]);
  expect(names.length).toBeLessThanOrEqual(40);
});
